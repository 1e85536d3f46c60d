import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, modelMetadata } from '@zoo/core';
import { DEFAULT_PREPROCESSING, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { Augmentation } from '../augment/augmentation';
import { colorJitter } from '../augment/color-jitter';
import { randAugment, trivialAugmentWide } from '../augment/rand-augment';
import { randomErasing } from '../augment/random-erasing';
import { randomHorizontalFlip } from '../augment/random-flip';
import { RANDOM_RESIZED_CROP_OPTIONS, randomResizedCrop } from '../augment/random-resized-crop';
import { IMAGE_SIZE, PROBABILITY } from '../option-rows';

import type { ImageBatchesOptions } from './image-batches-options';

/** Options of {@link evalTransform}, as data. */
export const EVAL_TRANSFORM_OPTIONS = {
  /** Another size of the pictures than the model says, for one that leaves it open. Default the model's. */
  imageSize: IMAGE_SIZE,
} as const satisfies OptionTable;

/** Options of {@link evalTransform}. */
export interface EvalTransformOptions extends OptionsOf<typeof EVAL_TRANSFORM_OPTIONS> {}

/** Options of {@link trainTransform}, as data. */
export const TRAIN_TRANSFORM_OPTIONS = {
  ...EVAL_TRANSFORM_OPTIONS,
  /** Share of the picture's area that is kept. Default [0.08, 1]. */
  scale: RANDOM_RESIZED_CROP_OPTIONS.scale,
  /** How often pictures are mirrored, from 0 to 1. Default 0.5. */
  horizontalFlip: { ...PROBABILITY, default: 0.5 },
  /** Strength of changes of brightness, contrast and saturation; 0 for none. Default 0.4. */
  colorJitter: { type: 'number', minimum: 0, maximum: 1, default: 0.4 },
  /** Changes by a policy, in place of those of colour. Default `none`. */
  policy: { type: 'choice', choices: ['none', 'randAugment', 'trivialAugmentWide'], default: 'none' },
  /** How often a rectangle is overwritten by noise, from 0 to 1. Default 0. */
  erasing: { ...PROBABILITY, default: 0 },
} as const satisfies OptionTable;

/** Options of {@link trainTransform}. */
export interface TrainTransformOptions extends OptionsOf<typeof TRAIN_TRANSFORM_OPTIONS> {}

/**
 * How `model` is to be measured, as options of `imageBatches`: the preprocessing that its metadata keeps, in the set's own order.
 *
 * @example
 * const holdout = await imageBatches(folder, evalTransform(model));
 *
 * @throws ArgumentError where the model does not say how it reads pictures: a wrong normalization silently gives wrong answers.
 */
export function evalTransform(
  model: tfl.LayersModel,
  options: EvalTransformOptions = {},
): ImageBatchesOptions {
  const { imageSize } = readOptions(EVAL_TRANSFORM_OPTIONS, options);
  return { ...preprocessingOf(model, imageSize), shuffle: false };
}

/**
 * How `model` is to be trained on, as options of `imageBatches`: its own preprocessing, with a random crop, mirror image and change of
 * colour, timm's and torchvision's recipe.
 *
 * Crops are taken out of the picture as the model reads it, a seventh larger; what `fit` writes into the model stays what it was.
 *
 * @example
 * const train = await imageBatches(folder, { ...trainTransform(model, { erasing: 0.25 }), batchSize: 64, seed: 1 });
 *
 * @throws ArgumentError where the model does not say how it reads pictures.
 */
export function trainTransform(
  model: tfl.LayersModel,
  options: TrainTransformOptions = {},
): ImageBatchesOptions & { augment: Augmentation[] } {
  const read = readOptions(TRAIN_TRANSFORM_OPTIONS, options);
  const preprocessing = preprocessingOf(model, read.imageSize);
  const { resize } = preprocessing;
  const [height, width] = preprocessing.imageSize;
  return {
    ...preprocessing,
    augmentFrom: [Math.ceil((height * 8) / 7), Math.ceil((width * 8) / 7)],
    augment: [
      randomResizedCrop({ scale: [...read.scale], ...(resize !== undefined && { resize }) }),
      ...(read.horizontalFlip > 0 ? [randomHorizontalFlip({ probability: read.horizontalFlip })] : []),
      ...changesOfColor(read.policy, read.colorJitter),
      ...(read.erasing > 0 ? [randomErasing({ probability: read.erasing, fill: 'pixel' })] : []),
    ],
  };
}

function changesOfColor(
  policy: 'none' | 'randAugment' | 'trivialAugmentWide',
  strength: number,
): Augmentation[] {
  if (policy === 'randAugment') return [randAugment()];
  if (policy === 'trivialAugmentWide') return [trivialAugmentWide()];
  return strength === 0
    ? []
    : [colorJitter({ brightness: strength, contrast: strength, saturation: strength })];
}

type StatedPreprocessing = ImageBatchesOptions & { imageSize: readonly [height: number, width: number] };

function preprocessingOf(
  model: tfl.LayersModel,
  asked: readonly [height: number, width: number] | undefined,
): StatedPreprocessing {
  const { normalization, ...stated } = modelMetadata(model)?.preprocessing ?? {};
  if (normalization === undefined) {
    throw new ArgumentError(
      'model',
      'a model whose metadata says how it reads pictures',
      model,
      'Give imageBatches the normalization that it was trained with, or write it into the model with setModelMetadata.',
    );
  }
  const [, height, width, channels] = model.inputs[0]!.shape;
  const own =
    typeof height === 'number' && typeof width === 'number' ? ([height, width] as const) : undefined;
  const imageSize = own ?? asked ?? stated.imageSize;
  if (
    imageSize === undefined ||
    (asked !== undefined && (asked[0] !== imageSize[0] || asked[1] !== imageSize[1]))
  ) {
    const expected =
      own === undefined ? 'a size: the model leaves it open' : `the model's own size, [${own.join(', ')}]`;
    throw new ArgumentError('options.imageSize', expected, asked);
  }
  const colorMode = channels === 1 ? 'grayscale' : 'rgb';
  return { ...DEFAULT_PREPROCESSING, ...stated, imageSize, colorMode, normalization };
}
