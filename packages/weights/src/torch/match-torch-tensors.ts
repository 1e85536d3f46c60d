import type * as tfl from '@tensorflow/tfjs-layers';

import { renamed, type RenameLayer } from '../keras/name-stored-layers';
import { matchByName, type Match } from '../model/match-weights';
import { topLayers, type ModelLayer } from '../model/model-layers';
import { layersOf, permuted, reshaped, type StoredLayer, type StoredTensor } from '../stored-tensor';

import { expectSameShortcuts } from './expect-shortcuts';
import { torchResnetName } from './torch-names';

/**
 * Which of a PyTorch network's tensors goes to which of the model's weights.
 *
 * Kernels come from [out, in, height, width] to [height, width, in, out], dense ones are transposed, batch norms get their
 * running statistics; those of a depthwise layer that a sum within groups follows come from grouped ones. Counters of batches and the
 * blurs that timm's networks kept are no weights.
 *
 * @throws ZooError 'weights-mismatch' for shortcuts of another form, which have no weights that could tell.
 */
export function matchTorchTensors(
  model: tfl.LayersModel,
  tensors: readonly StoredTensor[],
  fileName: string,
  { rename }: { rename?: RenameLayer },
): Match {
  const modules = layersOf(
    tensors.filter(({ name }) => !/(^|\.)(num_batches_tracked|filt)$/.test(name)),
    '.',
  );
  const moduleNames = modules.map(({ name }) => name);
  expectSameShortcuts(model, moduleNames, fileName);
  const nameOf = layerNames(moduleNames, rename);
  const stored = modules.flatMap((module) => {
    const name = nameOf(module.name);
    return name === undefined ? [] : [[module, name] as const];
  });
  return matchByName(topLayers(model), withOwnNames(stored), fromTorch);
}

/** What the model calls each module: as the caller says or, where the caller says nothing of it, as `@zoo/resnet` calls a ResNet's. */
function layerNames(
  moduleNames: readonly string[],
  rename: RenameLayer | undefined,
): (name: string) => string | undefined {
  if (typeof rename === 'function') return rename;
  const hasAveragedShortcut = moduleNames.some((name) => name.endsWith('.downsample.2'));
  const hasDeepStem = moduleNames.includes('layer0.conv3');
  // A module that has no such name keeps its own: it is unexpected, unless the model happens to call a layer so.
  return (name) =>
    rename !== undefined && Object.hasOwn(rename, name)
      ? renamed(rename, name)
      : (torchResnetName(name, hasAveragedShortcut, hasDeepStem) ?? name);
}

/** Modules under the names of the model's layers; of several that one layer would be filled from, each keeps its own name. */
function withOwnNames(named: readonly (readonly [StoredLayer, string])[]): StoredLayer[] {
  const counts = new Map<string, number>();
  for (const [, name] of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  return named.map(([module, name]) => (counts.get(name) === 1 ? { ...module, name } : module));
}

/** Batch norms, and norms of other kinds, whose further weights have one name here and there: `v`, `tau`. */
const NORMS = /Normalization$|^ZooEvoNorm$|^ZooFilterResponseNorm$/;

const NORM_ROLES: Readonly<Record<string, string>> = {
  weight: 'gamma',
  bias: 'beta',
  running_mean: 'moving_mean',
  running_var: 'moving_variance',
};

function fromTorch(stored: StoredLayer, { layer, weights }: ModelLayer): StoredTensor[] {
  const isNorm = NORMS.test(layer.getClassName());
  const isDense = layer.getClassName() === 'Dense';
  const isDepthwise = layer.getClassName() === 'DepthwiseConv2D';
  return stored.tensors.map((tensor) => {
    if (isNorm) return { ...tensor, name: NORM_ROLES[tensor.name] ?? tensor.name };
    if (tensor.name !== 'weight') return tensor;
    if (isDense) return { ...kernelFromTorch(withoutSpace(tensor)), name: 'kernel' };
    if (!isDepthwise) return { ...kernelFromTorch(tensor), name: 'kernel' };
    const outputs = weights[0]!.variable.shape.at(-1)!;
    return { ...depthwiseFromTorch(tensor, outputs), name: 'depthwise_kernel' };
  });
}

/**
 * [groups * outputs, inputs, height, width] as [height, width, groups * inputs, outputs]: a depthwise kernel, or that of a grouped
 * convolution whose products a sum within groups follows.
 */
function depthwiseFromTorch(tensor: StoredTensor, outputs: number): StoredTensor {
  const [filters = 0, inputs = 0, height = 0, width = 0] = tensor.shape;
  const groups = filters / outputs;
  if (tensor.shape.length !== 4 || !Number.isInteger(groups)) return tensor;
  const split = permuted(reshaped(tensor, [groups, outputs, inputs, height, width]), [3, 4, 0, 2, 1]);
  return reshaped(split, [height, width, groups * inputs, outputs]);
}

/** A classifier that is a 1x1 convolution, [out, in, 1, 1], as the matrix that it is: timm's resnetv2.py. */
function withoutSpace(tensor: StoredTensor): StoredTensor {
  const [outputs = 0, inputs = 0, ...space] = tensor.shape;
  return space.length > 0 && space.every((size) => size === 1) ? reshaped(tensor, [outputs, inputs]) : tensor;
}

function kernelFromTorch(tensor: StoredTensor): StoredTensor {
  const rank = tensor.shape.length;
  if (rank < 2) return tensor;
  // [out, in, ...space] as [...space, in, out]; without space that is a transposition.
  const space = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return permuted(tensor, [...space, 1, 0]);
}
