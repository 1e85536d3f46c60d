import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { Callback, TrainingRun } from '../callbacks/callback';

/**
 * Writes a row of metrics to a CSV file after each epoch: `epoch` (from 1), `step`, then every metric of the run.
 *
 * A new run begins a new file; a resumed one writes the rows of the epochs before again and goes on.
 */
export function csvLogger(path: string): Callback {
  const row = (run: TrainingRun, { epoch, step, metrics }: TrainingRun['history'][number]): string =>
    `${[epoch + 1, step, ...run.metricNames.map((name) => metrics[name] ?? 'NA')].join(',')}\n`;
  return {
    name: 'csvLogger',
    onTrainBegin: async (run) => {
      await mkdir(dirname(path), { recursive: true });
      const header = `${['epoch', 'step', ...run.metricNames].join(',')}\n`;
      await writeFile(path, header + run.history.map((record) => row(run, record)).join(''));
    },
    onEpochEnd: (run, record) => appendFile(path, row(run, record)),
  };
}
