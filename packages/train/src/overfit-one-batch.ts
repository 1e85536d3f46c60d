import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, disposeBatch, type Batch, type BatchSource } from '@zoo/core';
import { readOptions, SIGNAL, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectFits } from './expect-fits';
import { FIT_OPTIONS } from './fit-options';
import { assignAllValues, readAllValues } from './host-tensors';
import { createTrainStep, stepOptions, TRAIN_STEP_OPTIONS } from './train-step';
import { runWeights } from './training/run-weights';
import { yieldToEventLoop } from './training/yield-to-event-loop';

const OVERFIT_OPTIONS = {
  ...TRAIN_STEP_OPTIONS,
  /** The model is overfitted to its first batch. */
  train: FIT_OPTIONS.train,
  /** Updates to make at most. Default 100. */
  steps: { type: 'integer', minimum: 1, default: 100 },
  /** It is learnt once this share of its examples is classified right, before an update. Default 1. */
  accuracy: { type: 'number', minimum: 0, maximum: 1, default: 1 },
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of {@link overfitOneBatch}. */
export interface OverfitOneBatchOptions extends OptionsOf<typeof OVERFIT_OPTIONS> {}

/** The result of {@link overfitOneBatch}. */
export interface OverfitResult {
  /** True if the batch was learnt: model, labels, loss and optimizer fit together. */
  readonly isLearnt: boolean;
  /** Loss and accuracy before each update. */
  readonly curve: readonly { readonly loss: number; readonly accuracy: number }[];
}

/**
 * Trains on one batch until the model classifies all of it correctly, then restores the weights: the first check of a new model, data set
 * or recipe. A model that cannot overfit 32 pictures cannot learn 10,000.
 *
 * @throws ArgumentError if model and source do not fit each other, or the source is empty; the signal's reason when it is aborted.
 */
export async function overfitOneBatch(
  model: tfl.LayersModel,
  options: OverfitOneBatchOptions,
): Promise<OverfitResult> {
  const { train, steps, accuracy, signal } = readOptions(OVERFIT_OPTIONS, options);
  expectFits(model, 'options.train', train);
  const variables = new Map(runWeights(model).map(({ name, variable }) => [name, variable]));
  const step = createTrainStep(model, stepOptions(options));
  try {
    const before = await readAllValues(variables);
    const batch = await firstBatch(train, signal);
    const curve: { loss: number; accuracy: number }[] = [];
    try {
      while (curve.length < steps && !((curve.at(-1)?.accuracy ?? -1) >= accuracy)) {
        signal?.throwIfAborted();
        const result = await step.run(batch);
        curve.push({ loss: result.loss, accuracy: result.accuracy });
        await yieldToEventLoop();
      }
    } finally {
      disposeBatch(batch);
      assignAllValues(variables, before);
    }
    return { isLearnt: curve.at(-1)!.accuracy >= accuracy, curve };
  } finally {
    step.dispose();
  }
}

async function firstBatch(source: BatchSource, signal: AbortSignal | undefined): Promise<Batch> {
  const request = { epoch: 0, ...(signal === undefined ? {} : { signal }) };
  for await (const batch of source.batches(request)) return batch;
  throw new ArgumentError('options.train', 'a source with batches', source);
}
