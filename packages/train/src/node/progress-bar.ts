import { readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';
import cliProgress from 'cli-progress';

import type { Callback, StepRecord, TrainingRun } from '../callbacks/callback';
import { PROGRESS_STYLE } from '../callbacks/progress-style';
import { describeWork } from '../distributed/describe-work';
import { formatDuration } from '../format-duration';
import { formatPercent } from '../format-percent';
import type { EpochRecord } from '../history';
import { createProgressClock, type Progress } from '../progress-clock';

import { createKerasProgress } from './keras-progress';

const PROGRESS_BAR_OPTIONS = {
  /** `keras` writes what Keras 3 does: `verbose=1` in a terminal, elsewhere `verbose=2`, one line per epoch. Default `zoo`. */
  style: PROGRESS_STYLE,
  /** Where to write. Default `process.stderr`, so that a program's output stays clean. */
  stream: { type: 'any' } as AnyRow<ProgressStream>,
  /** Where there is no terminal: the shortest time between two lines within an epoch. Default 30,000. */
  lineIntervalMs: { type: 'number', minimum: 0, default: 30_000 },
  /** The clock, in milliseconds, for tests. */
  now: { type: 'any' } as AnyRow<() => number>,
} as const satisfies OptionTable;

/** Options of {@link progressBar}. */
export interface ProgressBarOptions extends OptionsOf<typeof PROGRESS_BAR_OPTIONS> {}

/** Where a progress bar is drawn. */
type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

interface Display {
  begin(run: TrainingRun): void;
  update(run: TrainingRun, step: StepRecord, progress: Progress): void;
  /** @param progress Undefined where the epoch had no update. */
  end(run: TrainingRun, record: EpochRecord, progress: Progress | undefined): void;
  /** Takes away what must not stay on the screen. */
  clear(): void;
}

/**
 * Shows the progress of training: in a terminal a bar with rate, loss, accuracy and time left, and one line that stays for each epoch;
 * elsewhere only plain lines without control characters.
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  const settled = readOptions(PROGRESS_BAR_OPTIONS, options);
  const { style, stream = process.stderr, lineIntervalMs, now = () => performance.now() } = settled;
  const isTerminal = stream.isTTY === true && process.env['TERM'] !== 'dumb';
  const display =
    style === 'keras'
      ? kerasDisplay(stream, isTerminal, now)
      : isTerminal
        ? barDisplay(stream)
        : lineDisplay(stream, lineIntervalMs, now);
  let clock = createProgressClock(now);
  let progress: Progress | undefined;
  return {
    name: 'progressBar',
    isForFirstRank: true,
    onTrainBegin: () => {
      clock = createProgressClock(now);
    },
    onEpochBegin: (run) => {
      progress = undefined;
      clock.beginEpoch(run);
      display.begin(run);
    },
    onStepEnd: (run, step) => {
      progress = clock.update(run, step.examples);
      display.update(run, step, progress);
    },
    onEpochEnd: (run, record) => {
      display.end(run, record, progress);
      if (record.ranks !== undefined) stream.write(`${describeWork(record.ranks)}\n`);
    },
    onEpochSettled: (_run, record) => clock.endEpoch(record),
    onSettled: () => display.clear(),
  };
}

function barDisplay(stream: ProgressStream): Display {
  let bar: cliProgress.SingleBar | undefined;
  const clear = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    begin: (run) => {
      bar = new cliProgress.SingleBar(
        {
          format: `${epochTitle(run.epoch, run.epochs)} {bar} {value}/{total}  {summary}`,
          stream,
          barsize: 24,
          clearOnComplete: true,
          linewrap: false,
          // A killed process could not show the hidden cursor again.
          hideCursor: false,
        },
        cliProgress.Presets.shades_classic,
      );
      bar.start(run.batchesPerEpoch, run.batch, { summary: '' });
    },
    update: (run, step, progress) => bar?.update(run.batch, { summary: stepSummary(step, progress) }),
    end: (run, record, progress) => {
      clear();
      stream.write(`${epochLine(run, record, progress)}\n`);
    },
    clear,
  };
}

function lineDisplay(stream: ProgressStream, lineIntervalMs: number, now: () => number): Display {
  let writtenMs = now();
  return {
    begin: () => {
      writtenMs = now();
    },
    update: (run, step, progress) => {
      if (now() - writtenMs < lineIntervalMs || run.batch >= run.batchesPerEpoch) return;
      writtenMs = now();
      const title = epochTitle(run.epoch, run.epochs);
      stream.write(`${title}  ${run.batch}/${run.batchesPerEpoch}  ${stepSummary(step, progress)}\n`);
    },
    end: (run, record, progress) => {
      stream.write(`${epochLine(run, record, progress)}\n`);
    },
    clear: () => undefined,
  };
}

function kerasDisplay(stream: ProgressStream, isTerminal: boolean, now: () => number): Display {
  let line = createKerasProgress({ now, firstBatch: 0, batches: 0 });
  let isOpen = false;
  return {
    begin: ({ epoch, epochs, batch, batchesPerEpoch }) => {
      line = createKerasProgress({ now, firstBatch: batch, batches: batchesPerEpoch });
      if (epochs > 1) stream.write(`Epoch ${epoch + 1}/${epochs}\n`);
    },
    update: ({ batch }, { epochSoFar: { accuracy, loss } }) => {
      const text = line.update(batch, { accuracy, loss });
      if (text === undefined || !isTerminal) return;
      stream.write(text);
      isOpen = true;
    },
    end: (_run, { metrics }) => {
      stream.write(isTerminal ? line.finalLine(metrics) : line.plainLine(metrics));
      isOpen = false;
    },
    clear: () => {
      if (isOpen) stream.write('\n');
      isOpen = false;
    },
  };
}

function stepSummary({ epochSoFar }: StepRecord, progress: Progress): string {
  return [
    rateInWords(progress),
    `loss ${epochSoFar.loss.toFixed(4)}`,
    `accuracy ${formatPercent(epochSoFar.accuracy)}`,
    `${formatDuration(progress.epochLeftMs)} left, ${formatDuration(progress.runLeftMs)} in all`,
  ].join('  ');
}

function epochLine(
  run: TrainingRun,
  { epoch, metrics, durationMs }: EpochRecord,
  progress: Progress | undefined,
): string {
  const words = run.metricNames
    .filter((name) => Object.hasOwn(metrics, name))
    .map((name) => {
      const value = metrics[name]!;
      if (name === 'learningRate') return `learning rate ${Number(value.toPrecision(4))}`;
      return /accuracy$/i.test(name)
        ? `${inWords(name)} ${formatPercent(value)}`
        : `${inWords(name)} ${value.toFixed(4)}`;
    });
  // A run resumed after an epoch's last update has not measured any.
  const rate = progress === undefined ? [] : [rateInWords(progress)];
  return [epochTitle(epoch, run.epochs), ...words, ...rate, formatDuration(durationMs)].join('  ');
}

function epochTitle(epoch: number, epochs: number): string {
  return `Epoch ${`${epoch + 1}`.padStart(`${epochs}`.length)}/${epochs}`;
}

function rateInWords({ examplesPerSecond }: Progress): string {
  return `${examplesPerSecond.toFixed(examplesPerSecond < 10 ? 1 : 0)} images/s`;
}

/** `valAccuracy` as `validation accuracy`. */
function inWords(metric: string): string {
  return metric
    .replace(/^val(?=[A-Z])/, 'validation')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
