import type { StoredTensor } from '../stored-tensor';

import { renamed, type NamedLayer, type RenameLayer } from './name-stored-layers';

/** What Keras 1 appends to a layer's name for each weight; later versions put a slash between. */
const KERAS_1_WEIGHT = /_(W|b|U|V|gamma|beta|running_mean|running_std)$/;

/**
 * The layers within a nested model whose weights a legacy file lists as those of one layer, trainable ones first: told apart by their
 * weights' names, in the order of their first.
 *
 * @param modelName What the nested model is called in the model.
 */
export function splitNested(
  stored: NamedLayer,
  modelName: string,
  rename: RenameLayer | undefined,
): NamedLayer[] {
  const layers = new Map<string, StoredTensor[]>();
  for (const tensor of stored.tensors) {
    const name = layerOf(tensor.name);
    const tensors = layers.get(name) ?? [];
    tensors.push(tensor);
    layers.set(name, tensors);
  }
  return Array.from(layers, ([path, tensors]): NamedLayer => {
    const givenName = path.slice(path.lastIndexOf('/') + 1);
    const whole = path.startsWith(`${modelName}/`) ? path : `${modelName}/${path}`;
    const name = (rename && renamed(rename, whole)) ?? whole;
    return { name, tensors, givenName, isRenamed: name !== whole };
  });
}

function layerOf(weightName: string): string {
  const slash = weightName.lastIndexOf('/');
  return slash === -1 ? weightName.replace(KERAS_1_WEIGHT, '') : weightName.slice(0, slash);
}
