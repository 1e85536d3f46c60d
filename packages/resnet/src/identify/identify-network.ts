import type * as tfl from '@tensorflow/tfjs-layers';
import { type ModelMetadata, modelMetadata, ZooError } from '@zoo/core';
import { READING_OPTIONS, readOptions } from '@zoo/core/options';
import { modelWeights, type ReadOptions, type WeightFile } from '@zoo/weights';

import type { Architecture } from '../builder/architecture';
import { namedArchitectures } from '../create-resnet';
import { cifarArchitecture, preActivationCifarArchitecture } from '../networks';

import { type Evidence, evidenceOf, identityAmong, type NetworkIdentity } from './identity';
import { identityOfBuilt, recordedCandidate, rowCandidates, rowCandidatesByName } from './row-identity';

/** Most blocks of a stage that are tried; ResNet-1202 has 200. */
const MAXIMUM_CIFAR_BLOCKS = 1000;

/** Options of {@link identifyNetwork}. */
export type IdentifyNetworkOptions = ReadOptions;

/**
 * Tells which network of the family a weight file holds: architecture, variant, stem, form of shortcut, classes and input channels,
 * from the names and shapes of its weights and what is said beside them. No weight is read.
 *
 * The architecture follows from the shapes alone, so that names don't matter; how the network strides and pads follows from the
 * metadata that this package writes, from the architecture in a Keras file, or from whose names the layers have. What still fits
 * several values is listed in `ambiguities`.
 *
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource: Keras, PyTorch or safetensors, told by content.
 * @throws ZooError 'unsupported' if no network of the family has these weights, 'invalid-file', 'download'.
 *
 * @example
 * const { architecture, options, classes } = await identifyNetwork('resnet50-0676ba61.pth');
 * createResnet(architecture, { ...options, classes }); // resnet50, { variant: 'torchvision', classes: 1000 }
 */
export async function identifyNetwork(
  file: WeightFile,
  options: IdentifyNetworkOptions = {},
): Promise<NetworkIdentity> {
  readOptions(READING_OPTIONS, options);
  return identified(await evidenceOf(file, options));
}

/**
 * Tells which network of the family `model` is: as {@link identifyNetwork}, of a model that is there, a loaded run for example.
 *
 * @throws ZooError 'unsupported' if it is none of the family.
 */
export function identifyModel(model: tfl.LayersModel): NetworkIdentity {
  return identified({
    source: `the model '${model.name}'`,
    tensors: modelWeights(model).map(({ name, variable }) => ({ name, shape: variable.shape as number[] })),
    kernelOrder: 'tensorflow',
    layerNames: model.layers.map(({ name }) => name),
    config: model.toJSON(null, false),
    metadata: modelMetadata(model),
  });
}

function identified(evidence: Evidence): NetworkIdentity {
  const { metadata } = evidence;
  const told = [
    ...recordedCandidate(knownArchitectures(metadata), metadata),
    ...rowCandidatesByName(evidence),
  ];
  const identity =
    identityOfBuilt(told, evidence) ??
    identityAmong(architecturesFor, evidence) ??
    identityOfBuilt(rowCandidates(), evidence);
  if (identity === undefined) throw unknownNetwork(evidence);
  return identity;
}

/** The older rows, and the network for CIFAR that is recorded, if one is. */
function knownArchitectures(metadata: ModelMetadata | undefined): Architecture[] {
  const [, kind, depth] = /^(preactivation_)?resnet(\d+)$/.exec(metadata?.architecture ?? '') ?? [];
  const named = namedArchitectures();
  if (depth === undefined || named.some(({ name }) => name === metadata?.architecture)) return named;
  const isWhole = (Number(depth) - 2) % (kind === undefined ? 6 : 9) === 0;
  if (!isWhole) return named;
  const build = kind === undefined ? cifarArchitecture : preActivationCifarArchitecture;
  return [...named, build(Number(depth))];
}

/** All that have a name, and those that come in any depth of theirs, by the number of 3x3 kernels in the last stage. */
function architecturesFor(lastStageKernels: number): Architecture[] {
  const named = namedArchitectures();
  const last = Math.min(lastStageKernels, MAXIMUM_CIFAR_BLOCKS);
  const blocks = (last + 1) / 2;
  const ofAnyDepth = [
    ...(Number.isInteger(blocks) ? [cifarArchitecture(6 * blocks + 2)] : []),
    ...(last > 0 ? [preActivationCifarArchitecture(9 * last + 2)] : []),
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
