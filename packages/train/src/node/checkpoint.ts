import { access, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ArgumentError, expectInteger, expectKnownOptions, expectOneOf } from '@zoo/core';
import { writeSafetensors } from '@zoo/weights';
import { saveKerasH5, writeFileAtomically } from '@zoo/weights/node';

import type { Callback, TrainingRun } from '../callbacks/callback';
import type { EpochRecord } from '../history';
import { createMonitor, type MonitorMode } from '../metrics/monitor';
import { namedWeights } from '../named-weights';
import { readAllValues } from '../tensor-values';

import { expectKnownFields, fileNamePattern } from './file-name-pattern';
import { stringifyJson } from './json-numbers';
import { writeTrainingState } from './training-state-file';

/** The file that a run resumes from, in the checkpoint's folder. */
export const LAST_FILE = 'last.safetensors';
/** What {@link LAST_FILE} of an earlier run is renamed to when a new run begins in its folder. */
export const PREVIOUS_FILE = 'previous.safetensors';
/** The callback's name, under which its state is kept. */
export const CHECKPOINT_NAME = 'checkpoint';

/** Options of {@link checkpoint}. */
export interface CheckpointOptions {
  /** The folder for the files; made if it is absent. */
  directory: string;
  /**
   * Name of the best epoch's file, with fields in braces: `epoch` (from 1), `step` and every metric, as Keras writes them too
   * (`{val_acc}`), each with an optional format (`:03d`, `:.4f`). A name that ends in `.h5` gives Keras' weights file; to any
   * other `.safetensors` is added. Default
   * `{epoch:03d}-{<monitor>:.4f}`.
   */
  pattern?: string;
  /** The metric that says which epoch is best. Default `valAccuracy`, or `accuracy` in a run without validation. */
  monitor?: string;
  mode?: MonitorMode;
  /** Which epochs' weights to keep: the best one's (the default), every one that was the best so far, or none. */
  keep?: 'best' | 'everyBest' | 'none';
  /** Also writes the file to resume from each time this many updates were made. Default: after each epoch only. */
  everySteps?: number;
}

/** Where the best epoch so far is. */
interface Progress {
  best: number | null;
  bestEpoch: number | null;
  bestFile: string | null;
}

const START: Progress = { best: null, bestEpoch: null, bestFile: null };

/**
 * Keeps a run on disk: the best epoch's weights under a name of its own, and all that a resumed run needs in `last.safetensors`.
 *
 * Both are written after each epoch, and the latter when the run is aborted too, each whole or not at all: a kill at any
 * moment leaves the one before. Read them with {@link loadBestWeights} and {@link loadCheckpoint}.
 *
 * @throws ArgumentError from `fit`, before any training, if pattern or monitor name a metric that the run has not.
 */
export function checkpoint(options: CheckpointOptions): Callback {
  expectKnownOptions('options', options, ['directory', 'pattern', 'monitor', 'mode', 'keep', 'everySteps']);
  if (typeof options.directory !== 'string' || options.directory === '') {
    throw new ArgumentError('options.directory', 'the path of a folder', options.directory);
  }
  const { directory, everySteps } = options;
  if (everySteps !== undefined) expectInteger('options.everySteps', everySteps, { minimum: 1 });
  const keep = expectOneOf('options.keep', options.keep ?? 'best', ['best', 'everyBest', 'none']);
  const last = join(directory, LAST_FILE);
  let choice = chooseBy(options, ['valAccuracy']);
  let progress = START;
  const saveLast = async (run: TrainingRun): Promise<void> =>
    writeTrainingState(last, await run.captureState());
  return {
    name: CHECKPOINT_NAME,
    onTrainBegin: async (run) => {
      choice = chooseBy(options, run.metricNames);
      choice.monitor.expectIn(run);
      expectKnownFields(choice.pattern, choice.text, ['epoch', 'step', ...run.metricNames]);
      progress = START;
      await mkdir(directory, { recursive: true });
      if (run.epoch === 0 && run.batch === 0) await setAside(directory);
    },
    onStepEnd: async (run, { step }) => {
      if (everySteps !== undefined && step % everySteps === 0) await saveLast(run);
    },
    onEpochSettled: async (run, record) => {
      const { monitor, pattern } = choice;
      const { bestFile: previousFile } = progress;
      const value = monitor.valueOf(record);
      if (keep !== 'none' && monitor.isBetter(value, progress.best ?? undefined)) {
        const name = pattern.format({ ...record.metrics, epoch: record.epoch + 1, step: record.step });
        const bestFile = /\.(safetensors|h5)$/.test(name) ? name : `${name}.safetensors`;
        await run.withMeasuredWeights(() => writeBest(join(directory, bestFile), run, record));
        progress = { best: value, bestEpoch: record.epoch, bestFile };
      }
      await saveLast(run);
      // Only now does no file on disk name the one before as the best.
      const isStale = keep === 'best' && previousFile !== null && previousFile !== progress.bestFile;
      if (isStale) await rm(join(directory, previousFile), { force: true });
    },
    onAbort: saveLast,
    saveState: () => ({ values: { ...progress } }),
    loadState: ({ values }) => {
      const saved = values as unknown as Progress;
      // The name comes from a file: it may name nothing outside the folder.
      progress = { ...saved, bestFile: saved.bestFile === null ? null : basename(saved.bestFile) };
    },
  };
}

function chooseBy({ pattern, monitor, mode }: CheckpointOptions, metricNames: readonly string[]) {
  const watched = createMonitor(
    monitor ?? (metricNames.includes('valAccuracy') ? 'valAccuracy' : 'accuracy'),
    mode,
  );
  const text = pattern ?? `{epoch:03d}-{${watched.metric}:.4f}`;
  return { monitor: watched, text, pattern: fileNamePattern(text) };
}

async function writeBest(
  path: string,
  run: TrainingRun,
  { epoch, step, metrics }: EpochRecord,
): Promise<void> {
  if (path.endsWith('.h5')) return saveKerasH5(run.model, path, { weightsOnly: true });
  const weights = await readAllValues(namedWeights(run.model).map(({ name, variable }) => [name, variable]));
  const metadata = { format: 'zoo-weights-1', epoch: stringifyJson({ epoch, step, metrics }) };
  await writeFileAtomically(path, writeSafetensors(weights, metadata));
}

/** A new run in an old run's folder: the old run stays resumable under another name until the next one. */
async function setAside(directory: string): Promise<void> {
  const last = join(directory, LAST_FILE);
  const exists = await access(last).then(
    () => true,
    () => false,
  );
  if (exists) await rename(last, join(directory, PREVIOUS_FILE));
}
