import type { ModelLayer } from '../model/model-layers';
import { flippedKernel, permuted, reshaped, type StoredLayer, type StoredTensor } from '../stored-tensor';

import type { KerasFile } from './keras-file';

const CONVOLUTIONS = ['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose'];

/**
 * The tensors of a legacy layer as today's Keras holds them: what `preprocess_weights_for_loading` of Keras 2.3
 * (keras/engine/saving.py) does for convolutions. Kernels of Keras 1 come in other orders of axes, and Theano's are mirrored.
 *
 * Keras 1 did not write what it ran on; its Theano names its weights without `:0`.
 */
export function convertLegacyLayer(
  file: KerasFile,
  stored: StoredLayer,
  { layer, weights }: ModelLayer,
): readonly StoredTensor[] {
  const className = layer.getClassName();
  const [kernel, ...rest] = stored.tensors;
  const target = weights[0]?.variable.shape;
  if (kernel === undefined || target === undefined || !CONVOLUTIONS.includes(className))
    return stored.tensors;
  let converted = file.kerasMajor === 1 ? fromKeras1(kernel, className, target, layer) : kernel;
  if (isTheano(file, kernel)) converted = flippedKernel(converted);
  if (!sameShape(converted.shape, target) && converted.shape.length === 4) {
    const swapped = permuted(converted, [3, 2, 0, 1]);
    if (sameShape(swapped.shape, target)) converted = swapped;
  }
  return [converted, ...rest];
}

function isTheano({ backend, kerasMajor }: KerasFile, kernel: StoredTensor): boolean {
  if (backend !== undefined) return backend === 'theano';
  return kerasMajor === 1 && !/:\d+$/.test(kernel.name);
}

function fromKeras1(
  kernel: StoredTensor,
  className: string,
  target: readonly (number | null)[],
  layer: { getConfig(): unknown },
): StoredTensor {
  const isChannelsFirst = (layer.getConfig() as { dataFormat?: string }).dataFormat === 'channelsFirst';
  if (className === 'Conv1D' && kernel.shape.length === 4) return fromKeras1Conv1D(kernel, target);
  if (kernel.shape.length !== target.length) return kernel;
  if (className === 'Conv2D' && isChannelsFirst) return permuted(kernel, [2, 3, 1, 0]);
  if (className === 'Conv2DTranspose') return permuted(kernel, isChannelsFirst ? [2, 3, 0, 1] : [0, 1, 3, 2]);
  if (className === 'Conv3D' && isChannelsFirst) return permuted(kernel, [2, 3, 4, 1, 0]);
  return kernel;
}

/** [length, 1, in, out], or [out, in, length, 1] before Keras 1.1, as [length, in, out]. */
function fromKeras1Conv1D(kernel: StoredTensor, target: readonly (number | null)[]): StoredTensor {
  const [length, one, , filters] = kernel.shape;
  const isNew = length === target[0] && one === 1 && filters === target[2];
  const ordered = isNew ? kernel : permuted(kernel, [2, 3, 1, 0]);
  return reshaped(ordered, [ordered.shape[0]!, ordered.shape[2]!, ordered.shape[3]!]);
}

function sameShape(left: readonly (number | null)[], right: readonly (number | null)[]): boolean {
  return left.length === right.length && left.every((size, i) => size === right[i]);
}
