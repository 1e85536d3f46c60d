import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { isZooError, ZooError } from '@zoo/core';
import { readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';
import { loadKerasWeights } from '@zoo/weights';

import type { History, Metrics } from '../history';
import { assignAllValues, expectSameNames } from '../host-tensors';
import { runWeights } from '../training/run-weights';
import type { TrainingState } from '../training/training-state';

import { CHECKPOINT_NAME } from './checkpoint';
import { stateFiles } from './checkpoint-files';
import { findKept, type KeptEpoch } from './kept-epochs';
import { readSealed, withPrefix } from './sealed-file';
import { readTrainingState } from './training-state-file';

/** True if a run can be resumed from `directory`. */
export async function hasCheckpoint(directory: string): Promise<boolean> {
  return (await stateFiles(directory)).length > 0;
}

const LOAD_CHECKPOINT_OPTIONS = {
  /**
   * Told, as a sentence, when the last state is damaged and the one before it is taken. Default: a warning of the process,
   * which Node prints.
   */
  onDamaged: { type: 'any' } as AnyRow<(message: string) => void>,
} as const satisfies OptionTable;

/** Options of {@link loadCheckpoint} and {@link loadBestWeights}. */
export interface LoadCheckpointOptions extends OptionsOf<typeof LOAD_CHECKPOINT_OPTIONS> {}

/**
 * Reads the state that {@link checkpoint} keeps in `directory` and sets the model's weights to it; give the state to `fit` as `resume`.
 *
 * A damaged state is reported, and the complete one before it is used.
 *
 * @throws ZooError `invalid-file` if there is no whole checkpoint, `weights-mismatch` if it belongs to another model, which then stays as
 *   it was.
 */
export async function loadCheckpoint(
  directory: string,
  model: tfl.LayersModel,
  options: LoadCheckpointOptions = {},
): Promise<TrainingState> {
  const { path, state } = await newestWhole(directory, options);
  setWeights(`The weights of ${path}`, model, state.weights);
  return state;
}

/** The best epoch that {@link checkpoint} kept. */
export interface BestEpoch {
  /** The file its weights are in. */
  readonly path: string;
  /** From 0. */
  readonly epoch: number;
  readonly metrics: Metrics;
}

/**
 * Sets the model's weights to those of the best epoch that {@link checkpoint} kept in `directory`.
 *
 * @throws As {@link loadCheckpoint} does; `invalid-file` too if no epoch was kept, or its file is gone or damaged.
 */
export async function loadBestWeights(
  directory: string,
  model: tfl.LayersModel,
  options: LoadCheckpointOptions = {},
): Promise<BestEpoch> {
  const { state } = await newestWhole(directory, options);
  const progress = state.callbacks[CHECKPOINT_NAME]?.values as { best?: readonly KeptEpoch[] } | undefined;
  const [kept] = progress?.best ?? [];
  const record = state.history.find(({ epoch }) => epoch === kept?.epoch);
  if (kept === undefined || record === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected a best epoch in ${directory} but none has been kept yet. Train until an epoch has ended.`,
    );
  }
  const path = await findKept(directory, kept);
  if (path === undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected the weights of epoch ${kept.epoch + 1} in ${join(directory, kept.file)} but the file is gone, or has changed since it was written. Restore it, or take the last epoch's weights with loadCheckpoint.`,
    );
  }
  if (/\.(h5|keras)$/.test(path)) await loadKerasWeights(model, path);
  else setWeights(`The weights of ${path}`, model, withPrefix(await readSealed(path), ''));
  return { path, epoch: record.epoch, metrics: record.metrics };
}

/**
 * The epochs that the run with its checkpoints in `directory` has finished so far.
 *
 * @throws ZooError `invalid-file` if there is no whole checkpoint.
 */
export async function readHistory(
  directory: string,
  options: LoadCheckpointOptions = {},
): Promise<Pick<History, 'epochs'>> {
  const { state } = await newestWhole(directory, options);
  return { epochs: state.history };
}

async function newestWhole(
  directory: string,
  options: LoadCheckpointOptions,
): Promise<{ path: string; state: TrainingState }> {
  const { onDamaged = (message: string) => process.emitWarning(message) } = readOptions(
    LOAD_CHECKPOINT_OPTIONS,
    options,
  );
  const paths = (await stateFiles(directory)).map((name) => join(directory, name));
  const problems: string[] = [];
  for (const path of paths) {
    try {
      const state = await readTrainingState(path);
      if (problems.length > 0)
        onDamaged(`${problems.join(' ')} Going on from ${path}, at step ${state.step}.`);
      return { path, state };
    } catch (error) {
      if (!isZooError(error)) throw error;
      problems.push(error.message);
    }
  }
  throw new ZooError(
    'invalid-file',
    problems.length === 0
      ? `Expected a checkpoint in ${directory} but there is none. Check the folder, or begin a new run.`
      : `${problems.join(' ')} Restore one of them from a copy, or begin a new run.`,
  );
}

function setWeights(what: string, model: tfl.LayersModel, values: TrainingState['weights']): void {
  const variables = new Map(runWeights(model).map(({ name, variable }) => [name, variable]));
  expectSameNames(what, variables, values);
  assignAllValues(variables, values);
}
