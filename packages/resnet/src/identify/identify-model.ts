import type * as tfl from '@tensorflow/tfjs-layers';

import { RESNET_FAMILY } from '../resnet-family';

import type { NetworkIdentity } from './identity';
import { identityOfModel } from './identity-in-family';

/**
 * Tells which network of the family `model` is: as `identifyNetwork`, of a model that is there, a loaded run for example.
 *
 * @throws ZooError 'unsupported' if it is none of the family.
 */
export function identifyModel(model: tfl.LayersModel): NetworkIdentity {
  return identityOfModel(RESNET_FAMILY, model);
}
