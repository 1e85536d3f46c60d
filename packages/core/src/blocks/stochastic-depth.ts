import type * as tf from '@tensorflow/tfjs';

import { dropout } from '../dropout';

import { apply } from './block-layers';

/** Options of {@link stochasticDepth}. */
export interface StochasticDepthOptions {
  /** The layer's name. */
  name: string;
  /** Chance that an example's branch is left out in training, in 0..1. */
  dropRate: number;
  /** Seed of the draws. Default: unseeded. */
  seed?: number | undefined;
}

/**
 * Leaves the whole branch of some examples out in training and scales the others up (Huang et al. 2016, as torchvision's
 * `StochasticDepth(mode='row')`); in inference it does nothing. A stock `Dropout` with one draw for each example.
 */
export function stochasticDepth(
  branch: tf.SymbolicTensor,
  options: StochasticDepthOptions,
): tf.SymbolicTensor {
  const { name, dropRate, seed } = options;
  const noiseShape = [null, 1, 1, 1] as unknown as number[];
  return apply(
    dropout({ name, rate: dropRate, noiseShape, ...(seed === undefined ? {} : { seed }) }),
    branch,
  );
}
