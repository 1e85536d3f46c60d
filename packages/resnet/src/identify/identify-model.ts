import type * as tfl from '@tensorflow/tfjs-layers';

import { RESNET_FAMILY } from '../resnet-family';

import type { NetworkIdentity } from './identity';
import { identityOfModel } from './identity-in-family';

/**
 * Says which network of the family `model` is: like `identifyNetwork`, for a model in memory such as a loaded run.
 *
 * @throws ZooError 'unsupported' if it is not of the family.
 */
export function identifyModel(model: tfl.LayersModel): NetworkIdentity {
  return identityOfModel(RESNET_FAMILY, model);
}
