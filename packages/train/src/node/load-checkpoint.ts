import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';
import { loadKerasWeights } from '@zoo/weights';

import type { Metrics } from '../history';
import { namedWeights } from '../named-weights';
import { assignAllValues, expectSameNames } from '../tensor-values';
import type { TrainingState } from '../training-state';

import { CHECKPOINT_NAME, LAST_FILE } from './checkpoint';
import { openSafetensors, readTrainingState, withPrefix } from './training-state-file';

/** True if a run can be resumed from `directory`. */
export async function hasCheckpoint(directory: string): Promise<boolean> {
  return access(join(directory, LAST_FILE)).then(
    () => true,
    () => false,
  );
}

/**
 * Reads the state that {@link checkpoint} keeps in `directory` and sets the model's weights to it; give the state to `fit` as
 * `resume`.
 *
 * @throws ZooError `invalid-file` if there is no whole checkpoint, `weights-mismatch` if it is another model's; the model is
 *   as it was then.
 */
export async function loadCheckpoint(directory: string, model: tf.LayersModel): Promise<TrainingState> {
  const state = await readTrainingState(join(directory, LAST_FILE));
  setWeights(`The weights of ${join(directory, LAST_FILE)}`, model, state.weights);
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
 * @throws As {@link loadCheckpoint} does; `invalid-file` too if no epoch was kept.
 */
export async function loadBestWeights(directory: string, model: tf.LayersModel): Promise<BestEpoch> {
  const state = await readTrainingState(join(directory, LAST_FILE));
  const progress = state.callbacks[CHECKPOINT_NAME]?.values as Partial<BestProgress> | undefined;
  const { bestFile, bestEpoch } = progress ?? {};
  const record = state.history.find(({ epoch }) => epoch === bestEpoch);
  if (typeof bestFile !== 'string' || record === undefined) {
    throw new ZooError('invalid-file', `Expected a best epoch in ${directory} but none has been kept yet.`);
  }
  const path = join(directory, basename(bestFile));
  if (path.endsWith('.h5')) await loadKerasWeights(model, path);
  else setWeights(`The weights of ${path}`, model, withPrefix(await openSafetensors(path), ''));
  return { path, epoch: record.epoch, metrics: record.metrics };
}

interface BestProgress {
  bestFile: string | null;
  bestEpoch: number | null;
}

function setWeights(what: string, model: tf.LayersModel, values: TrainingState['weights']): void {
  const variables = new Map(namedWeights(model).map(({ name, variable }) => [name, variable]));
  expectSameNames(what, variables, values);
  assignAllValues(variables, values);
}
