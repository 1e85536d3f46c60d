import type { Metrics } from '../history';

/** The line that Keras 3 shows of an epoch: keras/src/utils/progbar.py. */
export interface KerasProgress {
  /** In a terminal, over the line before: what is to be written after `batch` batches, or undefined if the last was a moment ago. */
  update(batch: number, metrics: Metrics): string | undefined;
  /** In a terminal: the epoch's last line, over the line before. */
  finalLine(metrics: Metrics): string;
  /** Elsewhere: the epoch's only line. */
  plainLine(metrics: Metrics): string;
}

/** Where an epoch begins. */
interface EpochBeginning {
  /** Milliseconds. */
  readonly now: () => number;
  /** Batches of the epoch that an earlier run has done. */
  readonly firstBatch: number;
  readonly batches: number;
}

const INTERVAL_MS = 50;
const BAR_WIDTH = 20;

const bold = (text: string): string => `\u001b[1m${text}\u001b[0m`;

/** Progress of one epoch, which begins now. */
export function createKerasProgress({ now, firstBatch, batches }: EpochBeginning): KerasProgress {
  const beganMs = now();
  let firstStepMs: number | undefined;
  let writtenMs = -Infinity;
  let widthBefore = 0;
  /** The first step takes longer than the others, and counts only while there are no others. */
  const stepSeconds = (batch: number): number => {
    const done = batch - firstBatch;
    if (done === 0) return 0;
    const seconds =
      firstStepMs !== undefined && done > 1
        ? (now() - firstStepMs) / 1000 / (done - 1)
        : (now() - beganMs) / 1000 / done;
    if (done === 1) firstStepMs = now();
    return seconds;
  };
  const elapsed = (): string => `${((now() - beganMs) / 1000).toFixed(0)}s`;
  const count = (batch: number): string => `${`${batch}`.padStart(`${batches}`.length)}/${batches}`;
  const overLine = (batch: number, time: string, perStep: string, metrics: Metrics): string => {
    const filled = Math.floor((BAR_WIDTH * batch) / batches);
    const bar =
      (filled > 0 ? `\u001b[32m${'━'.repeat(filled)}\u001b[0m` : '') +
      `\u001b[37m${'━'.repeat(BAR_WIDTH - filled)}\u001b[0m`;
    const rest = `${perStep}${inWords(metrics)}`;
    const width = `${count(batch)} ${time} ${rest}`.length + BAR_WIDTH;
    const padding = ' '.repeat(Math.max(0, widthBefore - width));
    widthBefore = width;
    return `\r${bold(count(batch))} ${bar} ${bold(time)}${rest}${padding}`;
  };
  return {
    update: (batch, metrics) => {
      const seconds = stepSeconds(batch);
      if (now() - writtenMs < INTERVAL_MS) return undefined;
      writtenMs = now();
      return overLine(batch, timeLeft(seconds * (batches - batch)), perStep(seconds), metrics);
    },
    finalLine: (metrics) => `${overLine(batches, elapsed(), perStep(stepSeconds(batches)), metrics)}\n`,
    plainLine: (metrics) =>
      `${count(batches)} - ${elapsed()} -${perStep(stepSeconds(batches))}${inWords(metrics)}\n`,
  };
}

function timeLeft(seconds: number): string {
  const pad = (value: number): string => `${Math.floor(value)}`.padStart(2, '0');
  if (seconds > 3600)
    return `${Math.floor(seconds / 3600)}:${pad((seconds % 3600) / 60)}:${pad(seconds % 60)}`;
  return seconds > 60 ? `${Math.floor(seconds / 60)}:${pad(seconds % 60)}` : `${Math.floor(seconds)}s`;
}

function perStep(seconds: number): string {
  if (seconds >= 1 || seconds === 0) return ` ${seconds.toFixed(0)}s/step`;
  return seconds >= 1e-3 ? ` ${(seconds * 1e3).toFixed(0)}ms/step` : ` ${(seconds * 1e6).toFixed(0)}us/step`;
}

/** Metrics under Keras' names and in its order: `- accuracy: 0.5000 - loss: 1.2500 - val_accuracy: ...`, the learning rate last. */
function inWords({ learningRate, ...metrics }: Metrics): string {
  const group = (ofValidation: boolean): (readonly [string, number])[] =>
    Object.entries(metrics)
      .filter(([name]) => /^val[A-Z]/.test(name) === ofValidation)
      .sort(([left], [right]) => (left < right ? -1 : 1));
  const rate = learningRate === undefined ? [] : [['learningRate', learningRate] as const];
  return [...group(false), ...group(true), ...rate]
    .map(
      ([name, value]) =>
        ` - ${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}: ${decimal(value)}`,
    )
    .join('');
}

/** Python's `.4f`, and `.4e` of small numbers. */
function decimal(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Math.abs(value) > 1e-3) return value.toFixed(4);
  return value.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
}
