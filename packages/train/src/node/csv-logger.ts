import { namingPath, writeFileAtomically } from '@zoo/weights/node';

import type { Callback, TrainingRun } from '../callbacks/callback';
import { epochLine } from '../epoch-line';

/**
 * Writes a row of metrics to a CSV file after each epoch: `epoch` (from 1), `step`, then every metric of the run.
 *
 * The file is whole at every moment. A new run begins a new one; a resumed one goes on behind the rows of the epochs before.
 */
export function csvLogger(path: string): Callback {
  return historyFile('csvLogger', path, (run) => [
    ['epoch', 'step', ...run.metricNames].join(','),
    ...run.history.map(({ epoch, step, metrics }) =>
      [epoch + 1, step, ...run.metricNames.map((name) => metrics[name] ?? 'NA')].join(','),
    ),
  ]);
}

/**
 * Writes a line of JSON after each epoch: `{"epoch":1,"step":48,"durationMs":1234,"loss":...}`, with every metric of the run; a value
 * that is not finite is `null`.
 *
 * The file is whole at every moment. A new run begins a new one; a resumed one goes on behind the lines of the epochs before.
 */
export function jsonLinesLogger(path: string): Callback {
  return historyFile('jsonLinesLogger', path, ({ history }) => history.map(epochLine));
}

/** The whole history again after each epoch: it is small, and an appended line could be half one after a kill. */
function historyFile(name: string, path: string, lines: (run: TrainingRun) => string[]): Callback {
  const write = (run: TrainingRun): Promise<void> =>
    namingPath('write', path, () =>
      writeFileAtomically(
        path,
        lines(run)
          .map((line) => `${line}\n`)
          .join(''),
      ),
    );
  return { name, isForFirstRank: true, onTrainBegin: write, onEpochEnd: write };
}
