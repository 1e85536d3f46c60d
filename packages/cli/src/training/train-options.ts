import {
  ArgumentError,
  expectInteger,
  expectOneOf,
  PIXEL_NORMALIZATIONS,
  type AnyRow,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type PixelNormalization,
  type PixelNormalizationMode,
} from '@zoo/core/options';
import { IMAGE_BATCHES_OPTIONS, PART } from '@zoo/data/options';
import type { StemName, VariantName } from '@zoo/resnet';
import { RESNET_OPTIONS, STEM_STRIDES, VARIANTS } from '@zoo/resnet/options';
import { FIT_OPTIONS } from '@zoo/train/options';

import type { ImageSizeOption } from '../option-values';

import { RECIPE_OPTIONS, RULE_TABLES, type RecipeSettings, type RuleName } from './recipe-options';

const VARIANT_NAMES: readonly VariantName[] = Object.keys(VARIANTS) as VariantName[];
const STEM_NAMES: readonly StemName[] = Object.keys(STEM_STRIDES) as StemName[];
const NORMALIZATION_NAMES: readonly PixelNormalizationMode[] = Object.keys(
  PIXEL_NORMALIZATIONS,
) as PixelNormalizationMode[];

const RULE_NAMES: readonly RuleName[] = Object.keys(RULE_TABLES) as RuleName[];

/** Rows of flags that several commands have. */
export const VARIANT = { type: 'choice', choices: VARIANT_NAMES } as const;
export const STEM = { type: 'choice', choices: STEM_NAMES } as const;
export const NORMALIZATION = { type: 'choice', choices: NORMALIZATION_NAMES } as const;

/**
 * What a training run is made of, by the names that its settings have in `settings.json`, in a file for `--config` and, with hyphens, on
 * the command line. Everything here has to stay the same when the run is resumed, except for the epochs.
 */
export const TRAIN_OPTIONS = {
  /** A folder, or a table (.csv, .tsv, .jsonl), to validate on, in place of a part of the data set. */
  validation: { type: 'text', expected: 'the path of a folder or a table' },
  /** Share of each class to validate on. Default 0.2. */
  validationSplit: { ...PART, default: 0.2 },
  /** Network of the family. Default `resnet18`. */
  model: { type: 'text', expected: "a network's name" },
  /** The network's variant. Default: torchvision's where a network has several, else its own. */
  variant: VARIANT,
  /** How the network begins. Default: its own, or half for pictures of up to 128 pixels. */
  stem: STEM,
  /** The form of shortcuts. Default: the network's own. */
  shortcut: RESNET_OPTIONS.shortcut,
  /** Height and width in pixels. Default 64. */
  imageSize: {
    type: 'any',
    expected: 'a number of pixels, or [height, width]',
    check: (argument, value) => {
      const size: unknown = typeof value === 'number' ? [value, value] : value;
      if (!Array.isArray(size) || size.length !== 2) {
        throw new ArgumentError(argument, 'a number of pixels, or [height, width],', value);
      }
      const [height, width] = size.map((pixels) =>
        expectInteger(argument, pixels, { minimum: 1, maximum: 99_999 }),
      );
      return [height!, width!];
    },
  } as AnyRow<ImageSizeOption>,
  /** Passes over the data. Default 20. */
  epochs: { type: 'integer', minimum: FIT_OPTIONS.epochs.minimum, default: 20 },
  /** Pictures computed at once; `auto` for the largest number that fits into the memory. Default 32. */
  batchSize: {
    type: 'any',
    expected: "a number of pictures, or 'auto'",
    default: IMAGE_BATCHES_OPTIONS.batchSize.default,
    check: (argument, value) => (value === 'auto' ? value : expectInteger(argument, value, { minimum: 1 })),
  } as AnyRowWithDefault<number | 'auto'>,
  /** Batches whose gradients make one update: an effective batch of this many times the size, in the memory of one. Default 1. */
  accumulateSteps: FIT_OPTIONS.accumulateSteps,
  /** The update rule. Default `sgd`. */
  optimizer: { type: 'choice', choices: RULE_NAMES, default: 'sgd' },
  /** Peak learning rate. Default 0.05 for sgd, 0.001 for adam and adamw, else the rule's own. */
  learningRate: { type: 'number', minimum: 0, exclusiveMinimum: true },
  /**
   * The batch size that the learning rate is for: it is scaled to `batchSize` times `accumulateSteps`, with five epochs of warm-up. Default:
   * no scaling.
   */
  referenceBatch: { type: 'integer', minimum: 1 },
  /** The learning rate over the run: warm-up and cosine, one cycle as PyTorch's OneCycleLR, ... Default `cosine`. */
  schedule: {
    type: 'choice',
    choices: [
      'cosine',
      'oneCycle',
      'constant',
      'step',
      'multiStep',
      'polynomial',
      'exponential',
      'inverseTime',
    ],
    default: 'cosine',
  },
  /** What learning rates are multiplied by from each part of the network to the one before it: 0.65 to 0.9 for fine-tuning. Default: 1. */
  layerDecay: { type: 'number', minimum: 0, maximum: 1, exclusiveMinimum: true, default: 1 },
  /** Default 0.0005 for sgd, 0.05 for adamw, else 0. */
  weightDecay: { type: 'number', minimum: 0 },
  /** Share of each label that is spread over all classes. Default 0.1. */
  labelSmoothing: { ...FIT_OPTIONS.labelSmoothing, default: 0.1 },
  /** Fits a temperature to the validation pictures at the end, by which the model's probabilities say how often it is right. Default false. */
  calibrate: { type: 'boolean', default: false },
  /** Random changes of the pictures. Default `standard`. */
  augment: { type: 'choice', choices: ['none', 'flip', 'standard', 'strong'], default: 'standard' },
  /** How bytes become inputs. Default `scale`, values of 0 to 1. */
  normalization: {
    type: 'any',
    expected: NORMALIZATION.choices.map((name) => `'${name}'`).join(', '),
    check: (argument, value) =>
      typeof value === 'object' && value !== null
        ? (value as PixelNormalization)
        : expectOneOf(argument, value, NORMALIZATION.choices),
  } as AnyRow<PixelNormalizationMode | PixelNormalization>,
  /** How pictures change their size. Default `antialias`. */
  resize: IMAGE_BATCHES_OPTIONS.resize,
  /** What becomes of pictures of another proportion. Default `stretch`. */
  aspect: IMAGE_BATCHES_OPTIONS.aspect,
  /** Share of the resized side that `aspect: resizeCrop` keeps. Default 1. */
  cropFraction: IMAGE_BATCHES_OPTIONS.cropFraction,
  /** What becomes of pictures that can't be read. Default `error`. */
  onCorrupt: IMAGE_BATCHES_OPTIONS.onCorrupt,
  /** Weights to start from: a path, an address or the name of published ones. */
  weights: {
    type: 'text',
    expected: 'a path, an address, the name of published weights or hf:user/repository',
  },
  /** The last layer that is kept as it is: a stage's or a layer's name, or `backbone` for all but the head. */
  freeze: { type: 'text', expected: "a stage's or a layer's name" },
  /** The same seed gives the same run. Default 0. */
  seed: IMAGE_BATCHES_OPTIONS.seed,
  ...RECIPE_OPTIONS,
} as const satisfies OptionTable;

type Given = OptionsOf<typeof TRAIN_OPTIONS>;

/** What a user gives of a run's settings. */
export interface GivenSettings extends Given {
  /** The data set's folder, or a table of paths and labels. */
  folder: string;
}

/** The same with a number for the batch size, if any. */
export interface SizedGivenSettings extends GivenSettings {
  batchSize?: number;
}

/** What may be absent from a run. */
type Open = 'validation' | 'variant' | 'stem' | 'shortcut' | 'referenceBatch' | 'weights' | 'freeze';

/**
 * What a training run is made of, with no default left open but those of its recipe, which `fit` has; paths are absolute, and null stands
 * for what the run does without.
 */
export type TrainSettings = UnsizedSettings & { batchSize: number };

/** The same before a batch size of `auto` has become a number. */
export type UnsizedSettings = { folder: string } & Required<Omit<Given, Open | keyof RecipeSettings>> & {
    [Name in Open]: NonNullable<Given[Name]> | null;
  } & RecipeSettings;

/** A setting as the command line has it: `--batch-size`. */
export function flagOf(name: keyof TrainSettings): string {
  return name === 'folder'
    ? '<folder>'
    : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
