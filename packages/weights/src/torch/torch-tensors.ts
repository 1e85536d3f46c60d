import type * as tfl from '@tensorflow/tfjs-layers';

import { leafLayers } from '../model/model-layers';
import type { WritableTensor } from '../safetensors/write-safetensors';
import { permuteAxes } from '../stored-tensor';
import type { TensorValues } from '../tensor-data';

const ROLES: Readonly<Record<string, string>> = {
  kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/**
 * The weights of `model` as PyTorch has them, for {@link writeSafetensors}: kernels are [out, in, height, width], dense ones [out, in], norms
 * have `weight`, `bias`, `running_mean` and `running_var`. What `loadTorchWeights` reads, the other way round.
 *
 * @param moduleOf What PyTorch calls the module that a layer of this name is.
 */
export async function torchTensors(
  model: tfl.LayersModel,
  moduleOf: (layerName: string) => string,
): Promise<Map<string, WritableTensor>> {
  const tensors = new Map<string, WritableTensor>();
  for (const { name, weights } of leafLayers(model)) {
    for (const weight of weights) {
      const role = weight.name.slice(name.length + 1);
      const shape = weight.variable.shape as number[];
      const values = (await weight.variable.read().data()) as TensorValues;
      const order = role === 'kernel' ? torchOrder(shape.length) : shape.map((_, axis) => axis);
      tensors.set(`${moduleOf(name)}.${ROLES[role] ?? role}`, {
        shape: order.map((axis) => shape[axis]!),
        values: permuteAxes(values, shape, order),
      });
    }
  }
  return tensors;
}

/** [...space, in, out] as [out, in, ...space]. */
function torchOrder(rank: number): number[] {
  return [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, axis) => axis)];
}
