import type * as tfl from '@tensorflow/tfjs-layers';

import { RESNET_FAMILY } from '../resnet-family';

import { adaptedCopy, type AdaptNetworkOptions } from './adapted-copy';

/**
 * Returns a copy of a network for other input channels and other classes, like timm's `in_chans` and `num_classes` for published weights.
 *
 * For one channel the first kernels are summed over theirs; for others the three are repeated and scaled by 3 / channels, so that answers
 * keep their size (timm/models/_manipulate.py, `adapt_input_conv`). Another number of classes has a new classifier, drawn by Glorot's rule.
 *
 * @param model A network of the family; it stays as it is.
 * @returns The copy, the caller's to dispose. Its metadata has the preprocessing; for one channel it is the mean of the three channels'
 *   normalizations.
 * @throws ZooError 'unsupported' if `model` is not of the family, or has other than 3 input channels and more than 1 is asked for.
 *
 * @example
 * const grey = adaptNetwork(await pretrained('hf:timm/resnet50.a1_in1k'), { channels: 1, classes: 5, seed: 1 });
 */
export function adaptNetwork(model: tfl.LayersModel, options: AdaptNetworkOptions = {}): tfl.LayersModel {
  return adaptedCopy(RESNET_FAMILY, model, options, {});
}
