import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { WeightDescription } from '../optimizers';

import { runWeights } from './run-weights';

const LAYER_DECAY_OPTIONS = {
  /** What the learning rate is multiplied by from each part of the network to the one before it, in (0, 1]; usual: 0.65 to 0.9. */
  factor: { type: 'number', minimum: 0, maximum: 1, exclusiveMinimum: true, isRequired: true },
} as const satisfies OptionTable;

/** Options of {@link layerDecay}. */
export interface LayerDecayOptions extends OptionsOf<typeof LAYER_DECAY_OPTIONS> {}

const BLOCK = /^(.*?block\d+)(_|\/|$)/;

/**
 * Layer-wise learning rates, for `learningRateFactors` of `fit`: 1 for the head, and less for each part towards the input, so that a
 * pretrained network keeps its general features.
 *
 * A part is a residual block (layers called `conv3_block2_...`); the stem, all layers before the first block, is one part; elsewhere a part
 * begins with each kernel. timm's `--layer-decay`; Clark et al., "ELECTRA", section 3; Bao et al., "BEiT", section 3.1.
 *
 * @throws ArgumentError for a factor out of its range; the function throws it for a weight that the model does not have.
 */
export function layerDecay(
  model: tfl.LayersModel,
  options: LayerDecayOptions,
): (weight: WeightDescription) => number {
  const { factor } = readOptions(LAYER_DECAY_OPTIONS, options);
  const parts = partsOf(runWeights(model).map(({ name, variable: { shape } }) => ({ name, shape })));
  const last = Math.max(...parts.values());
  return ({ name }) => {
    const part = parts.get(name);
    if (part === undefined) throw new ArgumentError('weight', `a weight of '${model.name}'`, name);
    return factor ** (last - part);
  };
}

/** The number of each weight's part, from 0. */
function partsOf(weights: readonly WeightDescription[]): ReadonlyMap<string, number> {
  const hasBlocks = weights.some(({ name }) => BLOCK.test(name));
  const parts = new Map<string, number>();
  let part = 0;
  let block: string | undefined;
  let isInStem = hasBlocks;
  for (const { name, shape } of weights) {
    const own = BLOCK.exec(name)?.[1];
    const begins =
      own === undefined ? !isInStem && shape.length > 1 && layerOf(name) !== block : own !== block;
    if (begins && parts.size > 0) part += 1;
    if (own !== undefined) isInStem = false;
    // A layer with two kernels is one part.
    if (begins) block = own ?? layerOf(name);
    parts.set(name, part);
  }
  return parts;
}

const layerOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));
