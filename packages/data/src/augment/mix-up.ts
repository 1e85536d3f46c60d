import type { Random } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { PROBABILITY } from '../option-rows';

import type { BatchAugmentation, PixelBatch } from './augmentation';
import { drawBeta } from './draw-beta';

/** Options of {@link mixUp}, as data. */
export const MIX_UP_OPTIONS = {
  /** Both parameters of the Beta distribution that the share is drawn from. Default 0.2 for mixUp and 1 for cutMix. */
  alpha: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 0.2 },
  /** How often a batch is mixed, from 0 to 1. Default 1. */
  probability: { ...PROBABILITY, default: 1 },
  /** Epochs after which pictures are left as they are (timm's `mixup_off_epoch`). Default never. */
  epochs: { type: 'integer', minimum: 0 },
} as const satisfies OptionTable;

/** Options of {@link cutMix}, as data. */
export const CUT_MIX_OPTIONS = {
  ...MIX_UP_OPTIONS,
  /** Default 1. */
  alpha: { ...MIX_UP_OPTIONS.alpha, default: 1 },
} as const satisfies OptionTable;

/** Options of {@link mixUp} and {@link cutMix}. */
export interface MixOptions extends OptionsOf<typeof MIX_UP_OPTIONS> {}

/** Options of {@link mixUpOrCutMix}, as data. */
export const MIX_UP_OR_CUT_MIX_OPTIONS = {
  /** `alpha` of mixUp. Default 0.8. */
  mixUpAlpha: { ...MIX_UP_OPTIONS.alpha, default: 0.8 },
  /** `alpha` of cutMix. Default 1. */
  cutMixAlpha: CUT_MIX_OPTIONS.alpha,
  /** How often a batch is mixed at all, from 0 to 1. Default 1. */
  probability: MIX_UP_OPTIONS.probability,
  /** How often a batch that is mixed is so by cutMix, from 0 to 1. Default 0.5. */
  switchProbability: { ...PROBABILITY, default: 0.5 },
  epochs: MIX_UP_OPTIONS.epochs,
} as const satisfies OptionTable;

/** Options of {@link mixUpOrCutMix}. */
export interface MixUpOrCutMixOptions extends OptionsOf<typeof MIX_UP_OR_CUT_MIX_OPTIONS> {}

/**
 * Mixes each picture and its label with its neighbour's in the batch: `share * own + (1 - share) * neighbour`.
 *
 * Zhang et al. 2017; one share per batch, as in torchvision's v2.MixUp.
 */
export function mixUp(options: MixOptions = {}): BatchAugmentation {
  const { alpha, ...settings } = readOptions(MIX_UP_OPTIONS, options);
  return mixing('mixUp', { alpha }, settings, (batch, random) => blend(batch, random, alpha));
}

/**
 * Replaces a random rectangle of each picture by its neighbour's in the batch, and mixes the labels by area.
 *
 * Yun et al. 2019; one rectangle per batch, as in torchvision's v2.CutMix.
 */
export function cutMix(options: MixOptions = {}): BatchAugmentation {
  const { alpha, ...settings } = readOptions(CUT_MIX_OPTIONS, options);
  return mixing('cutMix', { alpha }, settings, (batch, random) => paste(batch, random, alpha));
}

/** Mixes each batch by {@link mixUp} or by {@link cutMix}, drawn for each: timm's Mixup, with its defaults, mode `batch`. */
export function mixUpOrCutMix(options: MixUpOrCutMixOptions = {}): BatchAugmentation {
  const { mixUpAlpha, cutMixAlpha, switchProbability, ...settings } = readOptions(
    MIX_UP_OR_CUT_MIX_OPTIONS,
    options,
  );
  const own = { mixUpAlpha, cutMixAlpha, switchProbability };
  return mixing('mixUpOrCutMix', own, settings, (batch, random) => {
    if (random.uniform() < switchProbability) paste(batch, random, cutMixAlpha);
    else blend(batch, random, mixUpAlpha);
  });
}

function mixing(
  name: string,
  own: Readonly<Record<string, number>>,
  { probability, epochs }: { readonly probability: number; readonly epochs: number | undefined },
  mix: (batch: PixelBatch, random: Random) => void,
): BatchAugmentation {
  return {
    name,
    settings: { ...own, probability, ...(epochs !== undefined && { epochs }) },
    apply: (batch, random, { epoch }) => {
      if (epoch < (epochs ?? Infinity) && random.uniform() < probability) mix(batch, random);
    },
  };
}

function blend(batch: PixelBatch, random: Random, alpha: number): void {
  const share = drawBeta(random, alpha);
  blendWithPrevious(batch.images, batch.size, share);
  blendWithPrevious(batch.labels, batch.size, share);
}

function paste(batch: PixelBatch, random: Random, alpha: number): void {
  const box = drawBox(batch, random, drawBeta(random, alpha));
  pasteFromPrevious(batch, box);
  const area = (box.bottom - box.top) * (box.right - box.left);
  blendWithPrevious(batch.labels, batch.size, 1 - area / (batch.height * batch.width));
}

/** Blends example i with example i - 1, the first with the last; `values` holds `size` examples of one length. */
function blendWithPrevious(values: Float32Array, size: number, share: number): void {
  const length = values.length / size;
  const last = values.slice((size - 1) * length);
  for (let index = size - 1; index >= 0; index--) {
    const own = index * length;
    for (let i = 0; i < length; i++) {
      const other = index === 0 ? last[i]! : values[own - length + i]!;
      values[own + i] = share * values[own + i]! + (1 - share) * other;
    }
  }
}

interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

function drawBox({ height, width }: PixelBatch, random: Random, share: number): Box {
  const centerX = random.integer(0, width - 1);
  const centerY = random.integer(0, height - 1);
  const half = 0.5 * Math.sqrt(1 - share);
  const halfWidth = Math.trunc(half * width);
  const halfHeight = Math.trunc(half * height);
  return {
    top: Math.max(0, centerY - halfHeight),
    bottom: Math.min(height, centerY + halfHeight),
    left: Math.max(0, centerX - halfWidth),
    right: Math.min(width, centerX + halfWidth),
  };
}

function pasteFromPrevious({ images, size, height, width, channels }: PixelBatch, box: Box): void {
  const length = height * width * channels;
  const last = images.slice((size - 1) * length);
  for (let index = size - 1; index >= 0; index--) {
    for (let y = box.top; y < box.bottom; y++) {
      const start = (y * width + box.left) * channels;
      const end = (y * width + box.right) * channels;
      if (index === 0) images.set(last.subarray(start, end), start);
      else
        images.copyWithin(index * length + start, (index - 1) * length + start, (index - 1) * length + end);
    }
  }
}
