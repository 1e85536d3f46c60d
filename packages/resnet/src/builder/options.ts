import type * as tfl from '@tensorflow/tfjs-layers';
import type { ActivationName, Antialiasing, Normalization } from '@zoo/core';

import type { PretrainedEntry } from '../pretrained/catalogue';
import type { LoadingOptions } from '../pretrained/loading-options';

import type { KernelInitializerName, ShortcutOption, StemName, VariantName } from './architecture';

/** Height, width and channels of a model's input; null leaves a height or width open. */
export type InputShape = readonly [height: number | null, width: number | null, channels: number];

/** What the classifier's outputs pass through: Keras' names. null and 'linear' leave them logits. */
export type ClassifierActivation = 'softmax' | 'sigmoid' | 'linear' | null;

/** The options of keras.applications, in camelCase, with the same defaults but for `weights`. */
export interface ApplicationOptions {
  /** True for pooling and a dense classifier at the end. Default true. */
  includeTop?: boolean;
  /** null for random values: the model is there at once. See {@link PretrainedResNetOptions} for others. Default null. */
  weights?: null;
  /** A symbolic tensor to build upon, instead of a new input. */
  inputTensor?: tfl.SymbolicTensor;
  /** Default 224 x 224 x 3 with a top (64 x 64 x 3 with the small or half stem), any height and width without. */
  inputShape?: InputShape;
  /** What a network without a top ends in: 'avg' or 'max' over the whole picture, or null for its last feature map. Default null. */
  pooling?: 'avg' | 'max' | null;
  /** Default 1000. */
  classes?: number;
  /** Default 'softmax'. */
  classifierActivation?: ClassifierActivation;
  /** The model's name. Default: the function's. */
  name?: string;
  /** The one order of axes that networks are built in here, [batch, height, width, channels]; any other is refused. */
  dataFormat?: 'channelsLast';
}

/** {@link ApplicationOptions} and what the papers and other libraries vary. */
export interface ResNetOptions extends ApplicationOptions {
  /** Default 'keras'. See `VARIANTS`. */
  variant?: VariantName;
  /** Default 'B'. */
  shortcut?: ShortcutOption;
  /** 'small' (3x3, stride 1, no pool) suits pictures of 32 to 64 pixels, 'half' (stride 2) those of 64 to 128. Default: the variant's. */
  stem?: StemName;
  /** Which convolution of a bottleneck strides. Default: the variant's. */
  strideIn?: 'first' | 'second';
  /** True if the last norm of each block starts with gamma 0. Default false. */
  zeroInitResidual?: boolean;
  /** How kernels are drawn. Default: the variant's. */
  kernelInitializer?: KernelInitializerName;
  /** Chance to drop a value before the classifier, in training. Default 0. */
  dropRate?: number;
  /** Chance to drop the last block's branch in training; earlier blocks' grow linearly up to it (Huang et al. 2016). Default 0. */
  stochasticDepth?: number;
  /** The output stride to keep, by dilated kernels instead of strides: 32 (nothing dilated), 16 or 8. Default 32. */
  outputStride?: 8 | 16 | 32;
  /** Reduction of squeeze-and-excitation gates; 16 in their paper. Default: no gates. */
  squeezeReduction?: number;
  /** What normalises in place of batch norms: `groupNorm`, `evoNormS0` or `filterResponse` of this package. Default: the architecture's. */
  normalization?: Normalization;
  /** TensorFlow.js' name of what activates. Default 'relu'. */
  activation?: ActivationName;
  /** What halves feature maps in place of strides: `blurred` or `averaged` of this package. Default: the architecture's. */
  antialias?: Antialiasing;
  /** A non-negative integer from which all random draws follow. Default: other draws each time. */
  seed?: number;
}

/**
 * What the values of a network come from.
 *
 * - `'imagenet'`: what is published for this network and, if given, `variant`: Keras' file where there is one, else torchvision's.
 * - A name of `pretrainedEntries()` in '@zoo/resnet/catalogue', `'resnet50.tv2_in1k'`, or its tag, `'tv2_in1k'`; an entry of one's
 *   own, say with another `url`.
 * - A file: its path (in Node) or address, with an ending that tells its kind: .h5, .keras, .safetensors, .pth, .pt or .th.
 */
export type WeightsOption = 'imagenet' | (string & {}) | PretrainedEntry;

/** Options that bring weights along: the builder then returns a promise. Published weights settle the `variant`. */
export interface PretrainedResNetOptions extends Omit<ResNetOptions, 'weights'>, LoadingOptions {
  weights: WeightsOption;
}

/** All that a builder takes. */
export type AnyResNetOptions = ResNetOptions | PretrainedResNetOptions;

/** The names of {@link ResNetOptions}, for the check that none is misspelt. */
export const RESNET_OPTION_NAMES = [
  'includeTop',
  'weights',
  'inputTensor',
  'inputShape',
  'pooling',
  'classes',
  'classifierActivation',
  'name',
  'dataFormat',
  'variant',
  'shortcut',
  'stem',
  'strideIn',
  'zeroInitResidual',
  'kernelInitializer',
  'dropRate',
  'stochasticDepth',
  'outputStride',
  'squeezeReduction',
  'normalization',
  'activation',
  'antialias',
  'seed',
] as const satisfies readonly (keyof ResNetOptions)[];

/** The names of options that make another network of an architecture, but for its input and its top. */
export const STRUCTURAL_OPTION_NAMES = [
  'variant',
  'shortcut',
  'stem',
  'strideIn',
  'outputStride',
  'squeezeReduction',
  'normalization',
  'activation',
  'antialias',
] as const satisfies readonly (keyof ResNetOptions)[];

/** The names that come with `weights`. */
export const LOADING_OPTION_NAMES = [
  'signal',
  'requests',
  'onProgress',
  'cacheDirectory',
  'kerasDirectory',
] as const satisfies readonly (keyof LoadingOptions)[];
