import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { assignWeights, type LoadOptions } from '../model/assign-weights';
import { matchByName } from '../model/match-weights';
import { topLayers, type ModelLayer } from '../model/model-layers';
import { expectFit, type WeightsReport } from '../model/weights-report';
import { withSource, type WeightFile } from '../source/open-source';
import { permuted, reshaped, type StoredLayer, type StoredTensor } from '../stored-tensor';

import { expectSameShortcuts } from './expect-shortcuts';
import { openTorchFile } from './open-torch-file';
import { torchResnetName } from './torch-names';

/** Options of {@link loadTorchWeights}. */
export interface LoadTorchWeightsOptions extends LoadOptions {
  /**
   * What the model calls the layer that the file calls so: a function or a table; undefined leaves it out. Default: the names of
   * torchvision's, timm's and akamaster's ResNets as `@zoo/resnet` calls them ({@link torchResnetName}).
   */
  names?: ((name: string) => string | undefined) | Readonly<Record<string, string>>;
  /** Load what fits and report the rest, instead of refusing. Default: false. */
  skipMismatch?: boolean;
}

/**
 * Loads weights of a PyTorch net into `model`: `.pth`, `.pt` or `.th` (ZIP or legacy pickle), or safetensors with such names.
 *
 * Kernels come from [out, in, height, width] to [height, width, in, out], dense ones are transposed, batch norms get their
 * running statistics; grouped ones come as depthwise ones, as `@zoo/core` builds them. Pickles are interpreted by a list of allowed
 * names; nothing in them is executed. A `module.` that DataParallel put before every name is dropped.
 *
 * Strict by default, as `loadKerasWeights`: all fits, or one error lists what does not and the model stays as it was.
 *
 * @throws ZooError 'weights-mismatch', 'invalid-file', 'unsupported' (for Python objects other than tensors), 'download'.
 *
 * @example
 * await loadTorchWeights(resnet50({ variant: 'torchvision' }), 'resnet50-0676ba61.pth');
 */
export async function loadTorchWeights(
  model: tf.LayersModel,
  file: WeightFile,
  options: LoadTorchWeightsOptions = {},
): Promise<WeightsReport> {
  expectKnownOptions('options', options, ['names', 'skipMismatch', 'signal', 'onProgress']);
  return withSource(file, options, async (source) => {
    const modules = groupByModule((await openTorchFile(source)).tensors);
    expectSameShortcuts(
      model,
      modules.map(({ name }) => name),
      source.name,
    );
    const nameOf = namer(options.names, modules);
    const stored = withOwnNames(
      modules.flatMap((module) => {
        const name = nameOf(module.name);
        return name === undefined
          ? isDefault(options)
            ? [[module, module.name] as const]
            : []
          : [[module, name] as const];
      }),
    );
    const { assignments, report } = matchByName(topLayers(model), stored, fromTorch);
    if (options.skipMismatch !== true) expectFit(report, source.name, model.name);
    await assignWeights(assignments, options);
    return report;
  });
}

/** Modules under the names of the model's layers; of several that one layer would be filled from, each keeps its own name. */
function withOwnNames(named: readonly (readonly [StoredLayer, string])[]): StoredLayer[] {
  const counts = new Map<string, number>();
  for (const [, name] of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  return named.map(([module, name]) => (counts.get(name) === 1 ? { ...module, name } : module));
}

/** With the names of ResNets, a layer that has none is unexpected; with the caller's, it is left out. */
function isDefault(options: LoadTorchWeightsOptions): boolean {
  return options.names === undefined;
}

function namer(
  names: LoadTorchWeightsOptions['names'],
  modules: readonly StoredLayer[],
): (name: string) => string | undefined {
  if (typeof names === 'function') return names;
  if (names !== undefined) return (name) => (Object.hasOwn(names, name) ? names[name] : undefined);
  const hasAveragedShortcut = modules.some(({ name }) => name.endsWith('.downsample.2'));
  return (name) => torchResnetName(name, hasAveragedShortcut);
}

/** Tensors by the module that they belong to; counters of batches are no weights. */
function groupByModule(tensors: readonly StoredTensor[]): StoredLayer[] {
  const modules = new Map<string, StoredTensor[]>();
  for (const tensor of tensors) {
    const dot = tensor.name.lastIndexOf('.');
    const [module, role] = [tensor.name.slice(0, Math.max(0, dot)), tensor.name.slice(dot + 1)];
    if (role === 'num_batches_tracked') continue;
    const group = modules.get(module) ?? [];
    group.push({ ...tensor, name: role });
    modules.set(module, group);
  }
  return Array.from(modules, ([name, group]) => ({ name, tensors: group }));
}

const NORM_ROLES: Readonly<Record<string, string>> = {
  weight: 'gamma',
  bias: 'beta',
  running_mean: 'moving_mean',
  running_var: 'moving_variance',
};

function fromTorch(stored: StoredLayer, { layer, weights }: ModelLayer): StoredTensor[] {
  const isNorm = layer.getClassName() === 'BatchNormalization';
  const isDepthwise = layer.getClassName() === 'DepthwiseConv2D';
  return stored.tensors.map((tensor) => {
    if (isNorm) return { ...tensor, name: NORM_ROLES[tensor.name] ?? tensor.name };
    if (tensor.name !== 'weight') return tensor;
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

function kernelFromTorch(tensor: StoredTensor): StoredTensor {
  const rank = tensor.shape.length;
  if (rank < 2) return tensor;
  // [out, in, ...space] as [...space, in, out]; without space that is a transposition.
  const space = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  return permuted(tensor, [...space, 1, 0]);
}
