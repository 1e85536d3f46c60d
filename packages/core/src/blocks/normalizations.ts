import type * as tfl from '@tensorflow/tfjs-layers';

import { evoNorm } from '../layers/evo-norm';
import { filterResponseNorm } from '../layers/filter-response-norm';
import { groupNormalization } from '../layers/group-normalization';

/** What normalises a network's feature maps, in place of batch norms. */
export interface Normalization {
  /** What it is recorded by in a model's metadata. */
  readonly name: string;
  /** True if it activates too, so that no ReLU follows. */
  readonly activates: boolean;
  /** Makes the layer; `activates` is false where a sum follows instead of an activation. */
  readonly layer: (options: NormalizationOptions) => tfl.layers.Layer;
}

/** What a network asks of a {@link Normalization}. */
export interface NormalizationOptions {
  readonly name: string;
  readonly activates: boolean;
  readonly gammaInitializer?: 'ones' | 'zeros';
}

/** Group norms of 32 groups, epsilon 1e-5 (Wu and He 2018): timm's `resnet50_gn`, ResNetV2 and BiT. */
export const groupNorm: Normalization = {
  name: 'groupNorm',
  activates: false,
  layer: ({ name, gammaInitializer }) =>
    groupNormalization({ name, epsilon: 1e-5, ...(gammaInitializer && { gammaInitializer }) }),
};

/** EvoNorm-S0, which activates too (Liu et al. 2020): timm's `resnetv2_50d_evos`. */
export const evoNormS0: Normalization = { name: 'evoNormS0', activates: true, layer: evoNorm };

/** Filter response norms with their thresholds (Singh and Krishnan 2020): timm's `resnetv2_50d_frn`. */
export const filterResponse: Normalization = {
  name: 'filterResponse',
  activates: true,
  layer: filterResponseNorm,
};

/** All normalizations by name, for code that reads a recorded name. */
export const NORMALIZATIONS: readonly Normalization[] = [groupNorm, evoNormS0, filterResponse];
