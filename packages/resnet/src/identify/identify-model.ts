import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata } from '@zoo/core';
import { modelWeights } from '@zoo/weights';

import { RESNET_FAMILY } from '../resnet-family';

import type { NetworkIdentity } from './identity';
import { identityInFamily } from './identity-in-family';

/**
 * Tells which network of the family `model` is: as `identifyNetwork`, of a model that is there, a loaded run for example.
 *
 * @throws ZooError 'unsupported' if it is none of the family.
 */
export function identifyModel(model: tfl.LayersModel): NetworkIdentity {
  return identityInFamily(RESNET_FAMILY, {
    source: `the model '${model.name}'`,
    tensors: modelWeights(model).map(({ name, variable }) => ({ name, shape: variable.shape as number[] })),
    kernelOrder: 'tensorflow',
    layerNames: model.layers.map(({ name }) => name),
    config: model.toJSON(null, false),
    metadata: modelMetadata(model),
  });
}
