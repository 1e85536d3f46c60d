import type * as tfl from '@tensorflow/tfjs-layers';
import type { ActivationName, Antialiasing, Normalization } from '@zoo/core';
import {
  ArgumentError,
  expectOneOf,
  type AnyRow,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import type { PretrainedEntry } from '../pretrained/catalogue';
import type { LoadingOptions } from '../pretrained/loading-options';

import {
  KERNEL_INITIALIZER_NAMES,
  SHORTCUT_OPTIONS,
  STEM_STRIDES,
  type StemName,
  type VariantName,
} from './variants';

/** Height, width and channels of a model's input; null leaves a height or width open. */
export type InputShape = readonly [height: number | null, width: number | null, channels: number];

/** The activation of the classifier, by Keras' names. With null and 'linear' the outputs are logits. */
export type ClassifierActivation = 'softmax' | 'sigmoid' | 'linear' | null;

const APPLICATION_OPTIONS = {
  /** True for pooling and a dense classifier at the end. Default true. */
  includeTop: { type: 'boolean', default: true },
  /** null for random values: the model is there at once. See {@link PretrainedResNetOptions} for others. Default null. */
  weights: { type: 'any', default: null } as AnyRowWithDefault<null, WeightsOption | null>,
  /** A symbolic tensor to build upon, instead of a new input. */
  inputTensor: { type: 'any' } as AnyRow<tfl.SymbolicTensor>,
  /** Default 224 x 224 x 3 with a top (64 x 64 x 3 with the small or half stem), any height and width without. */
  inputShape: { type: 'any' } as AnyRow<InputShape>,
  /** What a network without a top ends in: 'avg' or 'max' over the whole picture, or null for its last feature map. Default null. */
  pooling: {
    type: 'any',
    default: null,
    check: (argument, value) => (value === null ? null : expectOneOf(argument, value, ['avg', 'max'])),
  } as AnyRowWithDefault<'avg' | 'max' | null>,
  /** Default 1000. */
  classes: { type: 'integer', minimum: 1 },
  /** Default 'softmax'. */
  classifierActivation: {
    type: 'any',
    default: 'softmax',
  } as AnyRowWithDefault<ClassifierActivation>,
  /** The model's name. Default: the function's. */
  name: { type: 'text' },
  /** The one order of axes that networks are built in here, [batch, height, width, channels]; any other is refused. */
  dataFormat: { type: 'any', default: 'channelsLast' } as AnyRowWithDefault<'channelsLast', string>,
} as const satisfies OptionTable;

/** The options of keras.applications, in camelCase, with the same defaults except for `weights`. */
export interface ApplicationOptions extends OptionsOf<typeof APPLICATION_OPTIONS> {}

const FRACTION = { type: 'number', minimum: 0, maximum: 1, exclusiveMaximum: true, default: 0 } as const;

/** Options that make another network of an architecture, except for its input and its top. */
const STRUCTURAL_OPTIONS = {
  /** Default 'keras'. See `VARIANTS`. */
  variant: { type: 'any' } as AnyRow<VariantName>,
  /** Default 'B'. */
  shortcut: { type: 'choice', choices: SHORTCUT_OPTIONS },
  /** 'small' (3x3, stride 1, no pool) suits pictures of 32 to 64 pixels, 'half' (stride 2) those of 64 to 128. Default: the variant's. */
  stem: {
    type: 'any',
    check: (argument, value) => expectOneOf(argument, value, Object.keys(STEM_STRIDES) as StemName[]),
  } as AnyRow<StemName>,
  /** Which convolution of a bottleneck strides. Default: the variant's. */
  strideIn: { type: 'choice', choices: ['first', 'second'] },
  /** The output stride to keep, by dilated kernels instead of strides: 32 (nothing dilated), 16 or 8. Default 32. */
  outputStride: {
    type: 'any',
    default: 32,
    check: (argument, value) => {
      if (value === 8 || value === 16 || value === 32) return value;
      throw new ArgumentError(argument, '8, 16 or 32', value);
    },
  } as AnyRowWithDefault<8 | 16 | 32>,
  /** Reduction of squeeze-and-excitation gates; 16 in their paper. Default: no gates. */
  squeezeReduction: { type: 'integer', minimum: 1 },
  /** What normalises in place of batch norms: `groupNorm`, `evoNormS0` or `filterResponse` of this package. Default: the architecture's. */
  normalization: { type: 'any' } as AnyRow<Normalization>,
  /** TensorFlow.js' name of what activates. Default 'relu'. */
  activation: { type: 'any' } as AnyRow<ActivationName>,
  /** What halves feature maps in place of strides: `blurred` or `averaged` of this package. Default: the architecture's. */
  antialias: { type: 'any' } as AnyRow<Antialiasing>,
} as const satisfies OptionTable;

/** The options of every builder, as data. */
export const RESNET_OPTIONS = {
  ...APPLICATION_OPTIONS,
  ...STRUCTURAL_OPTIONS,
  /** True if the last norm of each block starts with gamma 0. Default false. */
  zeroInitResidual: { type: 'boolean', default: false },
  /** How kernels are drawn. Default: the variant's. */
  kernelInitializer: { type: 'choice', choices: KERNEL_INITIALIZER_NAMES },
  /** Chance to drop a value before the classifier, in training. Default 0. */
  dropRate: FRACTION,
  /** Chance to drop the last block's branch in training; earlier blocks' grow linearly up to it (Huang et al. 2016). Default 0. */
  stochasticDepth: FRACTION,
  /** A non-negative integer from which all random draws follow. Default: other draws each time. */
  seed: { type: 'integer', minimum: 0 },
} as const satisfies OptionTable;

/** {@link ApplicationOptions} and the options of the papers and other libraries. */
export interface ResNetOptions extends OptionsOf<typeof RESNET_OPTIONS> {}

/** {@link ResNetOptions}, read. */
export type SettledOptions = ReadOptions<typeof RESNET_OPTIONS>;

/** The names of the options that make another network of an architecture. */
export const STRUCTURAL_OPTION_NAMES = Object.keys(STRUCTURAL_OPTIONS) as (keyof typeof STRUCTURAL_OPTIONS)[];

/**
 * Where the weights of a network come from.
 *
 * - `'imagenet'`: what is published for this network and, if given, `variant`: Keras' file where there is one, else torchvision's.
 * - A name of `pretrainedEntries()` in '@zoo/resnet/catalogue', `'resnet50.tv2_in1k'`, or its tag, `'tv2_in1k'`; or your own entry, for
 *   example with another `url`.
 * - A file: its path (in Node) or address, with an ending that tells its kind: .h5, .keras, .safetensors, .pth, .pt or .th.
 */
export type WeightsOption = 'imagenet' | (string & {}) | PretrainedEntry;

/** Options with weights: the builder then returns a promise. Published weights determine the `variant`. */
export interface PretrainedResNetOptions extends Omit<ResNetOptions, 'weights'>, LoadingOptions {
  weights: WeightsOption;
}

/** All options of a builder. */
export type AnyResNetOptions = ResNetOptions | PretrainedResNetOptions;
