import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, setModelMetadata } from '@zoo/core';
import { readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { layerConfigs } from '../architecture/model-topology';
import { modelFromParts, modelParts, type ModelParts, type PartOfModel } from '../layers-model/model-parts';

import { prunableChains, type PrunableChain } from './prunable-chains';

/** What {@link pruneChannels} takes, as data. */
export const PRUNE_CHANNELS_OPTIONS = {
  /** Share of each convolution's channels that goes, below 1. */
  share: { type: 'number', minimum: 0, maximum: 1, exclusiveMaximum: true, isRequired: true },
  /** As many channels as a multiple of this stay, rounded up: engines compute several at once. Default 8. */
  multiple: { type: 'integer', minimum: 1, default: 8 },
  /**
   * Which channels go: those whose batch norm scales them least (Liu et al. 2017, "Network Slimming"), or whose kernel has the smallest sum
   * of absolute values (Li et al. 2017, "Pruning Filters for Efficient ConvNets"), as it is for a convolution without a norm in any case.
   * Default 'normScale'.
   */
  importance: { type: 'choice', choices: ['normScale', 'kernelNorm'], default: 'normScale' },
  /** Called with every convolution that channels went from. */
  onReport: { type: 'any', expected: 'a function' } as AnyRow<(report: readonly PrunedConvolution[]) => void>,
} as const satisfies OptionTable;

/** Options of {@link pruneChannels}. */
export interface PruneChannelsOptions extends OptionsOf<typeof PRUNE_CHANNELS_OPTIONS> {}

/** How a convolution was pruned. */
export interface PrunedConvolution {
  readonly layer: string;
  readonly channelsBefore: number;
  readonly channelsAfter: number;
}

/**
 * Returns a copy of a trained network with fewer channels inside its residual blocks, which every engine computes faster.
 *
 * Channels are removed from each convolution that only one other convolution reads, directly or through norms, activations, padding and
 * pools. Sums, concatenations and outputs keep their width, so a block's first convolutions shrink and its last does not. Most of the lost
 * accuracy comes back by training for some more epochs at a small rate.
 *
 * @returns The smaller model, the caller's, with the same layers, names, frozen layers, class names and preprocessing. `model` stays as it
 *   is.
 *
 * @example
 * const small = await pruneChannels(model, { share: 0.5 });
 * await fit(small, { train, epochs: 5, optimizer: sgd({ learningRate: 0.005, momentum: 0.9 }) });
 *
 * @throws ArgumentError for an unknown option or a share that is no number from 0 to below 1.
 */
export async function pruneChannels(
  model: tfl.LayersModel,
  options: PruneChannelsOptions,
): Promise<tfl.LayersModel> {
  const settled = readOptions(PRUNE_CHANNELS_OPTIONS, options);
  const parts = await modelParts(model);
  const weights = new Map(parts.weights);
  const configs = new Map(
    layerConfigs(parts.topology as Record<string, unknown>).map(({ config }) => {
      const of = config as Record<string, unknown>;
      return [of['name'], of] as const;
    }),
  );
  const report: PrunedConvolution[] = [];
  for (const chain of prunableChains(model)) {
    const kept = keptChannels(chain, parts, settled);
    const { name } = chain.convolution;
    const channelsBefore = channelsOf(parts, name);
    if (kept.length === channelsBefore) continue;
    configs.get(name)!['filters'] = kept.length;
    keep(weights, name, { kernel: 3, bias: 0 }, kept);
    for (const norm of chain.norms) {
      keep(weights, norm.name, { gamma: 0, beta: 0, moving_mean: 0, moving_variance: 0 }, kept);
    }
    keep(weights, chain.reader.name, { kernel: 2 }, kept);
    report.push({ layer: name, channelsBefore, channelsAfter: kept.length });
  }
  settled.onReport?.(report);
  const pruned = await modelFromParts({ ...parts, weights });
  if (report.length > 0) forgetArchitecture(pruned);
  return pruned;
}

/** A builder's network by that name has all channels. */
function forgetArchitecture(model: tfl.LayersModel): void {
  const { architecture, architectureOptions, ...rest } = modelMetadata(model) ?? {};
  if ((architecture ?? architectureOptions) !== undefined) setModelMetadata(model, rest);
}

const channelsOf = ({ weights }: ModelParts, name: string): number =>
  weights.get(`${name}/kernel`)!.shape[3]!;

/** The channels that matter most, in their order; of two alike the first. */
function keptChannels(
  { convolution, norms }: PrunableChain,
  parts: ModelParts,
  {
    share,
    multiple,
    importance,
  }: { share: number; multiple: number; importance: 'normScale' | 'kernelNorm' },
): number[] {
  const channels = channelsOf(parts, convolution.name);
  const wanted = Math.max(1, channels - Math.round(share * channels));
  const count = Math.min(channels, multiple * Math.ceil(wanted / multiple));
  const scale = norms
    .map(({ name }) => parts.weights.get(`${name}/gamma`))
    .find((gamma) => gamma !== undefined);
  const scores =
    importance === 'normScale' && scale !== undefined
      ? Float64Array.from(scale.values, Math.abs)
      : kernelNorms(parts.weights.get(`${convolution.name}/kernel`)!);
  return [...scores.keys()]
    .sort((left, right) => scores[right]! - scores[left]! || left - right)
    .slice(0, count)
    .sort((left, right) => left - right);
}

/** The sum of absolute values of each output's kernel. */
function kernelNorms({ shape, values }: PartOfModel): Float64Array {
  const norms = new Float64Array(shape.at(-1)!);
  values.forEach((value, index) => (norms[index % norms.length]! += Math.abs(value)));
  return norms;
}

/** Keeps `kept` of the axis that is named for each of a layer's weights; those that it lacks are passed over. */
function keep(
  weights: Map<string, PartOfModel>,
  layer: string,
  axes: Readonly<Record<string, number>>,
  kept: readonly number[],
): void {
  for (const [weight, axis] of Object.entries(axes)) {
    const name = `${layer}/${weight}`;
    const part = weights.get(name);
    if (part !== undefined) weights.set(name, slicesOf(part, axis, kept));
  }
}

/** The slices `kept` of a tensor along an axis. */
function slicesOf(
  { shape, values, ...rest }: PartOfModel,
  axis: number,
  kept: readonly number[],
): PartOfModel {
  const size = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((product, each) => product * each, 1);
  const outer = values.length / (size * inner);
  const slices = values.slice(0, outer * kept.length * inner);
  for (let row = 0; row < outer; row++) {
    for (const [place, channel] of kept.entries()) {
      const start = (row * size + channel) * inner;
      slices.set(values.subarray(start, start + inner), (row * kept.length + place) * inner);
    }
  }
  return { ...rest, shape: shape.map((each, at) => (at === axis ? kept.length : each)), values: slices };
}
