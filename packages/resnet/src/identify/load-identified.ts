import type * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, updateModelMetadata, ZooError } from '@zoo/core';
import {
  loadWeightsFile,
  type LoadKerasWeightsOptions,
  type ReadOptions,
  type WeightFile,
} from '@zoo/weights';

import type { ResNetOptions } from '../builder/options';

import type { AdaptNetworkOptions } from './adapted-copy';
import type { Family } from './family';
import { fillFromFile } from './fill-from-file';
import { expectSettled, fileNames, type NetworkIdentity } from './identity';

/** Options of `loadNetwork`: those of the builders, which decide what the file does not say. */
export interface LoadNetworkOptions
  extends
    Omit<ResNetOptions, 'weights' | 'inputTensor' | 'kernelInitializer'>,
    Pick<LoadKerasWeightsOptions, 'by' | 'rename'>,
    ReadOptions {
  /**
   * Height and width of the input, with as many channels as the file's kernels read; `inputShape` says all three. Default: what the file's
   * metadata say of its pictures, else the network's own size.
   */
  imageSize?: readonly [height: number, width: number];
  /** Makes the network for other channels or classes than the file's of it: {@link adaptNetwork}. */
  adapt?: AdaptNetworkOptions;
}

/** `loadNetwork` of a file that is known to hold the network `identity`. */
export async function loadIdentified(
  family: Family,
  file: WeightFile,
  identity: NetworkIdentity,
  options: Omit<LoadNetworkOptions, 'adapt'>,
): Promise<tfl.LayersModel> {
  const { signal, requests, imageSize, by, rename, ...given } = options;
  const common = { ...(signal && { signal }), ...(requests && { requests }) };
  expectSettled(identity, given);
  if (identity.hasOtherHead && given.includeTop !== false) {
    throw new ZooError(
      'unsupported',
      `Expected a classifier of one dense layer but ${identity.source} holds another head. Load only the features: \`includeTop: false\`.`,
    );
  }
  const { architecture, classes, channels, normalization, metadata } = identity;
  const { includeTop = classes !== undefined } = given;
  const openSize = includeTop ? 224 : null;
  // Pictures of another size than in training would get answers, but worse ones.
  const inputSize = imageSize ?? (includeTop ? metadata?.preprocessing?.imageSize : undefined);
  const model = family.build(architecture, {
    ...identity.options,
    ...(includeTop && classes !== undefined && { classes }),
    ...(inputSize !== undefined || channels !== 3
      ? { inputShape: [...(inputSize ?? [openSize, openSize]), channels] }
      : {}),
    ...given,
    includeTop,
    kernelInitializer: 'zeros',
  });
  try {
    if (by === undefined && rename === undefined) {
      await fillFromFile(model, file, fileNames(identity), common);
    } else {
      await loadWeightsFile(model, file, { ...(by && { by }), ...(rename && { rename }), ...common });
    }
    const preprocessing =
      normalization === undefined ? {} : { normalization: PIXEL_NORMALIZATIONS[normalization] };
    updateModelMetadata(model, { preprocessing, ...metadata });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
