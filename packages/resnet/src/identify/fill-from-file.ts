import type * as tfl from '@tensorflow/tfjs-layers';
import {
  kerasResnetLayerName,
  loadKerasWeights,
  loadTorchWeights,
  loadWeightsFile,
  torchResnetName,
  type ReadOptions,
  type WeightFile,
} from '@zoo/weights';

import { layerNameOf } from '../pretrained/layer-names';

import type { Naming } from './traits';

/** Whose names a file uses, and what of it the model may lack. */
export interface FileNames {
  readonly naming: Naming;
  /** True if the file holds a classifier: it is left out where the model has none. */
  readonly hasTop: boolean;
  /** True if modules of PyTorch's that no layer of the family is called after are left out. */
  readonly leavesUnknown: boolean;
}

/** Gives `model` the weights of a file of the family, whatever its publisher calls the layers. */
export async function fillFromFile(
  model: tfl.LayersModel,
  file: WeightFile,
  { naming, hasTop, leavesUnknown }: FileNames,
  common: ReadOptions,
): Promise<void> {
  const leavesTop = hasTop && !model.layers.some(({ name }) => name === 'predictions');
  // Keras' own files of 2019 call the classifier `probs`.
  const isTop = (name: string): boolean => kerasResnetLayerName(name) === 'predictions';
  const kept = (name: string | undefined): string | undefined =>
    leavesTop && name !== undefined && isTop(name) ? undefined : name;
  if (naming === 'torch') {
    const named = new Map(model.layers.map((layer) => [layer.name, layer.getClassName()]));
    // In PyTorch's names an average stands before the projection.
    const isAveraged = [...named].some(
      ([name, className]) =>
        className === 'AveragePooling2D' &&
        named.has(name.replace(/_0_pool$/, '_0_conv')) &&
        /_0_pool$/.test(name),
    );
    const isDeep = named.has('conv1_1_conv');
    const rename = (name: string): string | undefined =>
      kept(torchResnetName(name, isAveraged, isDeep) ?? (leavesUnknown ? undefined : name));
    await loadTorchWeights(model, file, { rename, ...common });
  } else if (naming === 'chollet' || naming === 'qubvel') {
    await loadKerasWeights(model, file, { rename: (name) => kept(layerNameOf(naming, name)), ...common });
  } else {
    await loadWeightsFile(model, file, { ...(leavesTop && { rename: kept }), ...common });
  }
}
