import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { disposeBatch, type BatchSource } from '@zoo/core';
import { readOptions, SIGNAL, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectFits } from '../expect-fits';

import { layersWithin } from './layers-within';
import { yieldToEventLoop } from './yield-to-event-loop';

const REESTIMATE_OPTIONS = {
  /** Batches to run at most. Default: all of an epoch. */
  batches: { type: 'integer', minimum: 1 },
  /** The source's epoch. Default 0. */
  epoch: { type: 'integer', minimum: 0, default: 0 },
  /** Called with each batch's number before it is run. */
  onBatch: { type: 'any' } as AnyRow<(batch: number) => void>,
  /** Aborted, the call rejects with the signal's reason after the current batch. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of {@link reestimateBatchNorm}. */
export interface ReestimateBatchNormOptions extends OptionsOf<typeof REESTIMATE_OPTIONS> {}

/**
 * Measures the moving averages of all batch norms again: each becomes the mean of the batches' statistics with the present weights.
 * Averaged weights need it, because no training step had their activations. It is torch.optim.swa_utils.update_bn. Frozen layers keep their
 * averages.
 *
 * Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", algorithm 1.
 */
export async function reestimateBatchNorm(
  model: tfl.LayersModel,
  source: BatchSource,
  options: ReestimateBatchNormOptions = {},
): Promise<void> {
  const { batches = Infinity, epoch, onBatch, signal } = readOptions(REESTIMATE_OPTIONS, options);
  expectFits(model, 'source', source);
  const layers = layersWithin(model).filter(
    (layer) => layer.getClassName() === 'BatchNormalization',
  ) as unknown as { momentum: number }[];
  if (layers.length === 0) return;
  const own = layers.map(({ momentum }) => momentum);
  let count = 0;
  try {
    for await (const batch of source.batches({ epoch, ...(signal === undefined ? {} : { signal }) })) {
      try {
        onBatch?.(count);
        for (const layer of layers) layer.momentum = count / (count + 1);
        tf.tidy(() => {
          model.apply(batch.images, { training: true });
        });
      } finally {
        disposeBatch(batch);
      }
      count += 1;
      await yieldToEventLoop();
      signal?.throwIfAborted();
      if (count >= batches) break;
    }
  } finally {
    layers.forEach((layer, index) => (layer.momentum = own[index]!));
  }
}
