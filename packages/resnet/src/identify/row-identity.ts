import { type ModelMetadata } from '@zoo/core';

import { type Architecture } from '../builder/architecture';

import { builtWeights } from './built-weights';
import type { Family } from './family';
import type { Evidence, NetworkIdentity } from './identity';
import type { ComputingOptions } from './settle-options';
import { canonicalShape, countOf, difference, type ShapeCounts } from './shape-counts';
import { namingOf } from './traits';

/** A network in question, as it would be built. */
export interface Candidate {
  readonly architecture: Architecture;
  readonly options: ComputingOptions;
}

/** The first of these networks whose weights have the shapes of the evidence's; undefined for none. */
export function identityOfBuilt(
  candidates: readonly Candidate[],
  evidence: Evidence,
): NetworkIdentity | undefined {
  const { source, tensors, kernelOrder, metadata } = evidence;
  const stored = tensors
    .filter(({ name }) => !name.endsWith('.filt'))
    .map(({ shape }) => canonicalShape(shape, kernelOrder))
    .filter((shape) => shape.length > 0);
  const kernels = stored.filter((shape) => shape.length === 4).length;
  for (const { architecture, options } of candidates) {
    if (!mayHave(architecture, kernels)) continue;
    const fit = fitOf(architecture, options, countOf(stored));
    if (fit === undefined) continue;
    const { onlyVariant } = architecture;
    return {
      source,
      architecture: architecture.name,
      options,
      ambiguities: [],
      ...fit,
      normalization: fit.channels === 3 ? onlyVariant?.normalization : undefined,
      naming: namingOf(tensors.map(({ name }) => name)),
      metadata,
    };
  }
  return undefined;
}

/** A look at the number of blocks that spares building: of each block's kernels two or three are certain, three more are not. */
function mayHave({ blocks }: Architecture, kernels: number): boolean {
  const count = blocks.reduce((sum, each) => sum + each, 0);
  return kernels >= 2 * count + 1 && kernels <= 6 * count + 5;
}

/** Channels and classifier of stored weights, if all others are the network's. */
function fitOf(
  architecture: Architecture,
  options: ComputingOptions,
  stored: ShapeCounts,
): Pick<NetworkIdentity, 'channels' | 'classes' | 'hasOtherHead'> | undefined {
  const features = architecture.filters.at(-1)! * architecture.expansion;
  const built = builtWeights(architecture, {
    ...options,
    includeTop: false,
    inputShape: [null, null, 3],
  }).map(({ shape }) => shape);
  const stem = built.findIndex((shape) => shape.length === 4);
  for (const channels of channelsLike(built[stem]!, stored)) {
    const expected = built.map((shape, i) =>
      i === stem ? [shape[0]!, shape[1]!, channels, shape[3]!] : shape,
    );
    const rest = difference(stored, countOf(expected));
    const head = rest === undefined ? undefined : headOf(rest, features);
    if (head !== undefined) return { channels, ...head };
  }
  return undefined;
}

/** What the stem's kernel may read: the input channels of stored kernels that are otherwise like it. */
function channelsLike([height, width, , filters]: readonly number[], stored: ShapeCounts): number[] {
  const shapes = [...stored.keys()].map((key) => key.split('x').map(Number));
  const like = shapes.filter(
    (shape) => shape.length === 4 && shape[0] === height && shape[1] === width && shape[3] === filters,
  );
  return like.map((shape) => shape[2]!).sort((left, right) => left - right);
}

/** What the weights beyond the features' are: nothing, a dense classifier (or one as a 1x1 convolution), or another one. */
function headOf(
  rest: ShapeCounts,
  features: number,
): Pick<NetworkIdentity, 'classes' | 'hasOtherHead'> | undefined {
  if (rest.size === 0) return { classes: undefined, hasOtherHead: false };
  const shapes = [...rest.keys()].map((key) => key.split('x').map(Number));
  const dense = shapes.filter(({ length }) => length > 1).map((shape) => shape.slice(-2));
  if (shapes.some((shape) => shape.length > 2 && shape.slice(0, -2).some((size) => size !== 1)))
    return undefined;
  if (dense.length === 0) return undefined;
  const [inputs, classes] = dense[0]!;
  const vectors = shapes.filter(({ length }) => length === 1);
  const isPlain = dense.length === 1 && inputs === features && vectors.every(([size]) => size === classes);
  return isPlain ? { classes: classes!, hasOtherHead: false } : { classes: undefined, hasOtherHead: true };
}

/** Networks of timm, and those for CIFAR that come in one form, as candidates. */
export function rowCandidates(
  family: Family,
  isWanted: (name: string, row: Architecture) => boolean = () => true,
): Candidate[] {
  return Object.entries(family.rows())
    .map(([name, row]) => ({ architecture: { name, ...row }, options: {} }))
    .filter(({ architecture }) => isWanted(architecture.name, architecture));
}

/**
 * Networks of timm that a file tells by more than its shapes, which are those of others, too: by its modules' names or its own.
 *
 * senet.py calls the stem `layer0`. A network that halves without aliasing has the weights of one that strides: only the file's name,
 * `resnetblur50-84f4748f.pth` as timm calls it, tells.
 */
export function rowCandidatesByName(family: Family, { source, tensors }: Evidence): Candidate[] {
  const fileName = source.split(/[\\/]/).pop()!;
  const isCalled = (name: string): boolean => new RegExp(`^${name}(?![a-z0-9])`, 'i').test(fileName);
  const isLegacy = tensors.some(({ name }) => /(^|\.)layer0\.conv1\./.test(name));
  return rowCandidates(family, (name, { style }) =>
    isLegacy ? name.startsWith('legacy_') : style?.antialias !== undefined && isCalled(name),
  );
}

/** A network as this package recorded it beside its weights, where its shapes alone don't tell it. */
export function recordedCandidate(
  family: Family,
  architectures: readonly Architecture[],
  metadata: ModelMetadata | undefined,
): Candidate[] {
  const { architecture: name, architectureOptions = {} } = metadata ?? {};
  const options = family.recordedPieces(architectureOptions);
  const row = name === undefined ? undefined : rowCandidates(family, (each) => each === name)[0];
  if (row !== undefined) return [{ ...row, options }];
  const pieces = ['normalization', 'activation', 'antialias'].some((option) => option in options);
  const named = architectures.find((each) => each.name === name);
  return pieces && named !== undefined ? [{ architecture: named, options }] : [];
}
