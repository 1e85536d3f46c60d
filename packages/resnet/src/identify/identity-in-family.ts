import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, type ModelMetadata, ZooError } from '@zoo/core';
import { modelWeights, type ReadOptions, type WeightFile } from '@zoo/weights';

import type { Architecture } from '../builder/architecture';

import type { Family } from './family';
import { type Evidence, evidenceOf, identityAmong, type NetworkIdentity } from './identity';
import { identityOfBuilt, recordedCandidate, rowCandidates, rowCandidatesByName } from './row-identity';

/** Most blocks of a stage that are tried; ResNet-1202 has 200. */
const MAXIMUM_CIFAR_BLOCKS = 1000;

/** Which network of `family` a weight file holds; no weight is read. */
export async function identityOfFile(
  family: Family,
  file: WeightFile,
  options: ReadOptions,
): Promise<NetworkIdentity> {
  return identityInFamily(family, await evidenceOf(file, options));
}

/** Which network of `family` a model is. */
export function identityOfModel(family: Family, model: tfl.LayersModel): NetworkIdentity {
  return identityInFamily(family, {
    source: `the model '${model.name}'`,
    tensors: modelWeights(model).map(({ name, variable }) => ({ name, shape: variable.shape as number[] })),
    kernelOrder: 'tensorflow',
    layerNames: model.layers.map(({ name }) => name),
    config: model.toJSON(null, false),
    metadata: modelMetadata(model),
  });
}

/**
 * Which network of `family` weights belong to.
 *
 * @throws ZooError 'unsupported' for none.
 */
function identityInFamily(family: Family, evidence: Evidence): NetworkIdentity {
  const { metadata } = evidence;
  const told = [
    ...recordedCandidate(family, knownArchitectures(family, metadata), metadata),
    ...rowCandidatesByName(family, evidence),
  ];
  const identity =
    identityOfBuilt(told, evidence) ??
    identityAmong((lastStageKernels) => architecturesFor(family, lastStageKernels), evidence) ??
    identityOfBuilt(rowCandidates(family), evidence);
  if (identity === undefined) throw unknownNetwork(evidence);
  return identity;
}

/** The older rows, and the network for CIFAR that is recorded, if one is. */
function knownArchitectures(family: Family, metadata: ModelMetadata | undefined): Architecture[] {
  const [, kind, depth] = /^(preactivation_)?resnet(\d+)$/.exec(metadata?.architecture ?? '') ?? [];
  const named = family.named();
  if (depth === undefined || named.some(({ name }) => name === metadata?.architecture)) return named;
  const isWhole = (Number(depth) - 2) % (kind === undefined ? 6 : 9) === 0;
  if (!isWhole) return named;
  const build = kind === undefined ? family.cifar : family.preActivationCifar;
  return [...named, build(Number(depth))];
}

/** All that have a name, and those that come in any depth of theirs, by the number of 3x3 kernels in the last stage. */
function architecturesFor(family: Family, lastStageKernels: number): Architecture[] {
  const named = family.named();
  const last = Math.min(lastStageKernels, MAXIMUM_CIFAR_BLOCKS);
  const blocks = (last + 1) / 2;
  const ofAnyDepth = [
    ...(Number.isInteger(blocks) ? [family.cifar(6 * blocks + 2)] : []),
    ...(last > 0 ? [family.preActivationCifar(9 * last + 2)] : []),
  ];
  return [...named, ...ofAnyDepth.filter(({ name }) => !named.some((other) => other.name === name))];
}

function unknownNetwork({ source, tensors }: Evidence): ZooError {
  const kernels = tensors.filter(({ shape }) => shape.length === 4);
  const first = kernels[0];
  const what =
    first === undefined
      ? `${tensors.length} tensors without a convolution kernel among them`
      : `${kernels.length} convolution kernels, the first '${first.name}' of shape [${first.shape.join(', ')}]`;
  return new ZooError(
    'unsupported',
    `Expected the weights of a residual network of this package but ${source} holds ${what}, which none of them has. ` +
      'Build the network yourself and load its weights by their names.',
  );
}
