import * as tf from '@tensorflow/tfjs';
import {
  type BlockStyle,
  createRandom,
  glorotUniform,
  heNormal,
  heNormalFanOut,
  type Initializer,
  type InitializerOptions,
  type PixelNormalizationMode,
} from '@zoo/core';

/** Names of the flavours that one architecture comes in; weights of one do not fit another. */
export type VariantName = 'keras' | 'torchvision' | 'idenprof' | 'resnetD' | 'tf1' | 'deeplearningAi';

/** How kernels are drawn, by name: see `@zoo/core`'s initializers. 'zeros' draws nothing: for weights that a file will fill. */
export type KernelInitializerName = keyof typeof INITIALIZERS;

const INITIALIZERS = {
  glorotUniform,
  heNormal,
  heNormalFanOut,
  zeros: (): Initializer => tf.initializers.zeros(),
} as const satisfies Record<string, (options: InitializerOptions) => Initializer>;

/** The names of {@link KernelInitializerName}. */
export const KERNEL_INITIALIZER_NAMES = Object.keys(INITIALIZERS) as KernelInitializerName[];

/** How a net begins, before its first block. */
export type StemName = 'imagenet' | 'imagenetSame' | 'imagenetUnpaddedPool' | 'deep' | 'half' | 'small';

/** What tells a flavour apart. */
export interface Variant extends Omit<BlockStyle, 'kernelInitializer' | 'zeroInitResidual'> {
  /** Default of the stem. */
  readonly stem: StemName;
  /** True if projections average first and convolve then, as in ResNet-D. */
  readonly averageProjection: boolean;
  /** How kernels are drawn by default. */
  readonly kernelInitializer: KernelInitializerName;
  /** The normalisation that this flavour's published weights ask for. */
  readonly normalization: PixelNormalizationMode;
}

const KERAS: Variant = {
  convolutionBias: true,
  epsilon: 1.001e-5,
  momentum: 0.99,
  strideIn: 'first',
  padding: 'explicit',
  stem: 'imagenet',
  averageProjection: false,
  kernelInitializer: 'glorotUniform',
  normalization: 'caffe',
};

const TORCHVISION: Variant = {
  convolutionBias: false,
  epsilon: 1e-5,
  momentum: 0.9,
  strideIn: 'second',
  padding: 'explicit',
  stem: 'imagenet',
  averageProjection: false,
  kernelInitializer: 'heNormalFanOut',
  normalization: 'torch',
};

/**
 * The flavours, as data.
 *
 * - `keras`: keras/src/applications/resnet.py, and the same at the depths that Keras lacks.
 * - `torchvision`: torchvision/models/resnet.py ("v1.5").
 * - `idenprof`: OlafenwaMoses/IdenProf, idenprof.py, the blog post's: TensorFlow's padding in stem and blocks, pool 'valid',
 *   `add([branch, shortcut])`.
 * - `resnetD`: timm's resnet50d and its like (He et al. 2019, figure 2): deep stem, average-pool shortcut.
 * - `tf1`: the blog post's TensorFlow 1 class: no bias, Xavier draws, TensorFlow's padding throughout, averages of 0.999.
 * - `deeplearningAi`: the identity and convolutional blocks of the deeplearning.ai course's exercise (64 x 64 pixels, 6 classes):
 *   Keras' but for epsilon, an unpadded pool and `add([branch, shortcut])`: keras.applications' own ResNet-50 before 2018.
 */
export const VARIANTS: Readonly<Record<VariantName, Variant>> = {
  keras: KERAS,
  torchvision: TORCHVISION,
  idenprof: {
    ...KERAS,
    epsilon: 1e-3,
    padding: 'same',
    sumFirst: 'branch',
    stem: 'imagenetSame',
    kernelInitializer: 'heNormal',
    normalization: 'scale',
  },
  resnetD: { ...TORCHVISION, stem: 'deep', averageProjection: true },
  tf1: {
    ...KERAS,
    convolutionBias: false,
    epsilon: 1e-3,
    momentum: 0.999,
    padding: 'same',
  },
  deeplearningAi: {
    ...KERAS,
    epsilon: 1e-3,
    sumFirst: 'branch',
    stem: 'imagenetUnpaddedPool',
    normalization: 'scale',
  },
};

/** What draws each layer's kernel: its seed follows from the net's seed and the layer's name alone. */
export function kernelInitializers(
  name: KernelInitializerName,
  seed: number | undefined,
): (layerName: string) => Initializer {
  const initializer = INITIALIZERS[name];
  return (layerName) => initializer({ seed: layerSeed(seed, layerName) });
}

/** The seed of one layer's draws. */
export function layerSeed(seed: number | undefined, layerName: string): number | undefined {
  // Keras and TensorFlow.js keep seeds as 32-bit integers.
  return seed === undefined ? undefined : createRandom(seed).fork('layer', layerName).bits() >>> 1;
}
