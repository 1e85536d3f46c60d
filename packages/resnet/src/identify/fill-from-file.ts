import type * as tf from '@tensorflow/tfjs';
import {
  loadKerasWeights,
  loadTorchWeights,
  loadWeightsFile,
  torchResnetName,
  type WeightFile,
} from '@zoo/weights';

import { layerNameOf } from '../pretrained/layer-names';

import type { NetworkIdentity } from './identity';

/** Gives `model` the weights of the file that `identity` is of, whatever its layers are called; a classifier that the model lacks stays out. */
export async function fillFromFile(
  model: tf.LayersModel,
  file: WeightFile,
  { naming, options, classes, hasOtherHead }: NetworkIdentity,
  common: { signal?: AbortSignal },
): Promise<void> {
  const leavesTop =
    (classes !== undefined || hasOtherHead) && !model.layers.some(({ name }) => name === 'predictions');
  const kept = (name: string | undefined): string | undefined =>
    leavesTop && name === 'predictions' ? undefined : name;
  if (naming === 'torch') {
    const isAveraged = options.variant === 'resnetD';
    await loadTorchWeights(model, file, {
      // Of a classifier that is no single dense layer, nothing has a place.
      rename: (name) => kept(torchResnetName(name, isAveraged) ?? (hasOtherHead ? undefined : name)),
      ...common,
    });
  } else if (naming === 'chollet' || naming === 'qubvel') {
    await loadKerasWeights(model, file, { rename: (name) => kept(layerNameOf(naming, name)), ...common });
  } else {
    await loadWeightsFile(model, file, common);
  }
}
