import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import {
  ArgumentError,
  expectInteger,
  expectOneOf,
  readOptions,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import type { Callback, TrainingRun } from '../callbacks/callback';
import type { EpochRecord } from '../history';
import { createMonitor, MONITOR_MODE } from '../metrics/monitor';

import { ageStates, LAST_FILE, setAside } from './checkpoint-files';
import { expectKnownFields, fileNamePattern } from './file-name-pattern';
import { publish, removePending, weightsFileName, writePending, type KeptEpoch } from './kept-epochs';
import { lockRun, type RunLock } from './run-lock';
import { writeTrainingState } from './training-state-file';

/** The callback's name, under which its state is kept. */
export const CHECKPOINT_NAME = 'checkpoint';

const CHECKPOINT_OPTIONS = {
  /** The folder for the files; made if it is absent. One run at a time has it. */
  directory: { type: 'text', expected: 'the path of a folder', isRequired: true },
  /**
   * Name of an epoch's file, with fields in braces: `epoch` (from 1), `step` and every metric, as Keras writes them too
   * (`{val_acc}`), each with an optional format (`:03d`, `:.4f`). The end of the name says what is written: `.weights.h5` Keras 3's
   * weights, `.h5` Keras 2's, `.keras` a Keras model; to any other name `.safetensors` is added. Default
   * `{epoch:03d}-{<monitor>:.4f}`.
   */
  pattern: { type: 'text', expected: "a file's name with fields in braces" },
  /** The metric that says which epoch is best. Default `valAccuracy`, or `accuracy` in a run without validation. */
  monitor: { type: 'text', expected: "a metric's name" },
  mode: MONITOR_MODE,
  /** Which epochs' weights to keep: the best one's (the default), this many of the best, every one that was the best so far, or none. */
  keep: {
    type: 'any',
    expected: "'best', 'everyBest', 'none' or a number of at least 1",
    default: 'best',
    check: (argument, value) =>
      typeof value === 'number'
        ? expectInteger(argument, value, { minimum: 1 })
        : expectOneOf(argument, value, ['best', 'everyBest', 'none']),
  } as AnyRowWithDefault<Keep>,
  /** States to resume from: the last one and those before it, which are used where the last is damaged. Default 2. */
  keepStates: { type: 'integer', minimum: 1, default: 2 },
  /** Also writes the state each time this many updates were made. Default: after each epoch only. */
  everySteps: { type: 'integer', minimum: 1 },
} as const satisfies OptionTable;

type Keep = 'best' | 'everyBest' | 'none' | number;

/** Options of {@link checkpoint}. */
export interface CheckpointOptions extends OptionsOf<typeof CHECKPOINT_OPTIONS> {}

/** What a state knows of the files beside it. */
interface Progress {
  /** The metric that `best` is by. */
  readonly monitor: string | null;
  /** Epochs whose weights are kept, the best first. */
  readonly best: readonly KeptEpoch[];
  /** Every file of weights that may be on the disk. */
  readonly files: readonly string[];
}

const START: Progress = { monitor: null, best: [], files: [] };

/**
 * Saves a run on disk: the best epochs' weights under their own names, and everything that a resumed run needs in `last.safetensors`.
 *
 * Both are written after each epoch, the latter also when the run is aborted, each completely or not at all and with a checksum: a kill at
 * any moment leaves a complete state and the weights that it names. Read them with {@link loadBestWeights} and {@link loadCheckpoint}. The
 * folder is locked during the run.
 *
 * @throws ArgumentError from `fit`, before any training, if pattern or monitor name a metric that the run does not have.
 * @throws ZooError `invalid-file` from `fit`, with the path, if another run has the folder or a file can't be written.
 */
export function checkpoint(options: CheckpointOptions): Callback {
  const settled = readOptions(CHECKPOINT_OPTIONS, options);
  const { directory, everySteps, keep, keepStates } = settled;
  let choice = chooseBy(settled, ['valAccuracy']);
  let progress = START;
  /** What the newest states name, the last one's first. */
  let named: (readonly string[])[] = [];
  let lock: RunLock | undefined;

  const saveLast = async (run: TrainingRun): Promise<void> => {
    await writeTrainingState(join(directory, LAST_FILE), await run.captureState(), {
      beforeReplace: () => ageStates(directory, keepStates),
    });
    named = [progress.best.map(({ file }) => file), ...named].slice(0, keepStates);
  };
  const keepEpoch = async (run: TrainingRun, record: EpochRecord): Promise<KeptEpoch | undefined> => {
    if (!choice.monitor.isIn(record)) return undefined;
    const value = choice.monitor.valueOf(record);
    if (!isKept(value, progress.best, keep, choice.monitor)) return undefined;
    const file = weightsFileName(
      choice.pattern.format({ ...record.metrics, epoch: record.epoch + 1, step: record.step }),
    );
    const sha256 = await run.withMeasuredWeights(() => writePending(directory, file, run.model, record));
    const kept = { epoch: record.epoch, value, file, sha256 };
    progress = { ...progress, ...withKept(progress, kept, keep, choice.monitor) };
    return kept;
  };
  /** Only now does no state on the disk name them. */
  const removeStale = async (): Promise<void> => {
    if (keep === 'everyBest') return;
    const stale = progress.files.filter((file) => !named.some((files) => files.includes(file)));
    for (const file of stale) await rm(join(directory, file), { force: true });
    progress = { ...progress, files: progress.files.filter((file) => !stale.includes(file)) };
  };
  return {
    name: CHECKPOINT_NAME,
    isForFirstRank: true,
    onTrainBegin: async (run) => {
      choice = chooseBy(settled, run.metricNames);
      choice.monitor.expectIn(run);
      expectKnownFields(choice.pattern, choice.text, ['epoch', 'step', ...run.metricNames]);
      progress = { ...START, monitor: choice.monitor.metric };
      named = [];
      lock = await lockRun(directory);
      if (!run.isResumed) {
        await setAside(directory);
        await removePending(directory);
      }
    },
    onResume: async () => {
      for (const kept of progress.best) await publish(directory, kept);
      await removePending(directory);
    },
    onStepSettled: async (run, { step }) => {
      if (everySteps !== undefined && step % everySteps === 0) await saveLast(run);
    },
    onEpochSettled: async (run, record) => {
      const kept = await keepEpoch(run, record);
      await saveLast(run);
      if (kept !== undefined) await publish(directory, kept);
      await removeStale();
    },
    onAbort: saveLast,
    onSettled: async () => {
      await lock?.release();
      lock = undefined;
    },
    saveState: () => ({ values: { ...progress } as unknown as Record<string, never> }),
    loadState: ({ values }) => {
      progress = resumedProgress(values as unknown as Progress, choice.monitor.metric);
      named = [progress.best.map(({ file }) => file)];
    },
  };
}

function chooseBy(
  { pattern, monitor, mode }: ReadOptions<typeof CHECKPOINT_OPTIONS>,
  metricNames: readonly string[],
) {
  const watched = createMonitor(
    monitor ?? (metricNames.includes('valAccuracy') ? 'valAccuracy' : 'accuracy'),
    mode,
  );
  const text = pattern ?? `{epoch:03d}-{${watched.metric}:.4f}`;
  return { monitor: watched, text, pattern: fileNamePattern(text) };
}

type Watched = ReturnType<typeof chooseBy>['monitor'];

function isKept(value: number, best: readonly KeptEpoch[], keep: Keep, monitor: Watched): boolean {
  if (keep === 'none' || Number.isNaN(value)) return false;
  const count = typeof keep === 'number' ? keep : 1;
  return best.length < count || monitor.isBetter(value, best[count - 1]!.value);
}

function withKept(
  { best, files }: Progress,
  kept: KeptEpoch,
  keep: Keep,
  monitor: Watched,
): Pick<Progress, 'best' | 'files'> {
  // An overwritten file is no longer the recorded one.
  const others = best.filter(({ file }) => file !== kept.file);
  // Of equal ones the earlier counts as better.
  const sorted = [...others, kept].sort((left, right) =>
    monitor.isBetter(left.value, right.value) ? -1 : monitor.isBetter(right.value, left.value) ? 1 : 0,
  );
  const count = keep === 'everyBest' ? sorted.length : typeof keep === 'number' ? keep : 1;
  return { best: sorted.slice(0, count), files: [...new Set([...files, kept.file])] };
}

function resumedProgress({ monitor, best, files }: Progress, metric: string): Progress {
  if (monitor !== metric) {
    throw new ArgumentError('options.monitor', `'${monitor}', as in the run to resume,`, metric);
  }
  // The names come from a file: they may name nothing outside the folder.
  return {
    monitor,
    best: best.map((kept) => ({ ...kept, file: basename(kept.file) })),
    files: files.map((file) => basename(file)),
  };
}
