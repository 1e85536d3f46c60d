import type { BlockStyle, PaddedShortcut, PixelNormalizationMode } from '@zoo/core';

/**
 * The paper's options where a block changes shape: A pads with zeros, B projects, C projects around every block.
 *
 * A {@link PaddedShortcut} is A in one of the four forms it was published in; 'A' is 'subsample-pad-end'. 'none' leaves every
 * shortcut out: a plain network, for the degradation experiment.
 */
export type ShortcutOption = 'A' | 'B' | 'C' | PaddedShortcut | 'none';

/** All values of {@link ShortcutOption}. */
export const SHORTCUT_OPTIONS = [
  'A',
  'B',
  'C',
  'subsample-pad-end',
  'subsample-pad-both',
  'average-pad-both',
  'average-pad-end',
  'none',
] as const satisfies readonly ShortcutOption[];

/** Names of the variants of an architecture; weights of one do not fit another. */
export type VariantName = keyof typeof VARIANTS;

/** How kernels are drawn, by name: see `@zoo/core`'s initializers. 'zeros' draws nothing: for weights that a file will fill. */
export type KernelInitializerName = (typeof KERNEL_INITIALIZER_NAMES)[number];

/** All values of {@link KernelInitializerName}. */
export const KERNEL_INITIALIZER_NAMES = ['glorotUniform', 'heNormal', 'heNormalFanOut', 'zeros'] as const;

/**
 * The layers before a network's first block: [batch, height, width, channels] to 64 channels at a quarter, a half or all of the size.
 *
 * - `imagenet`: 7x7 convolution and 3x3 max pool, each of stride 2 and padded alike on all sides (He et al. 2016, table 1).
 * - `imagenetSame`: the blog post's: TensorFlow's 'same' for the convolution, no padding for the pool (112 gives 55, not 56).
 * - `imagenetUnpaddedPool`: the deeplearning.ai exercise's: as `imagenet`, with no padding for the pool.
 * - `deep`: three 3x3 convolutions, 32, 32 and 64 channels, in place of the 7x7 one (He et al. 2019, ResNet-C and -D).
 * - `half`: one 3x3 convolution, stride 2, no pool: for pictures of 64 to 128 pixels, whose detail a quarter would lose.
 * - `small`: one 3x3 convolution, stride 1, no pool (He et al. 2016, section 4.2).
 */
export type StemName = keyof typeof STEM_STRIDES;

/** The factor by which a stem reduces height and width. */
export const STEM_STRIDES = {
  imagenet: 4,
  imagenetSame: 4,
  imagenetUnpaddedPool: 4,
  deep: 4,
  half: 2,
  small: 1,
} as const;

/** The properties of a variant. */
export interface Variant extends Pick<
  BlockStyle,
  'convolutionBias' | 'epsilon' | 'momentum' | 'strideIn' | 'padding' | 'sumFirst' | 'squeezeReduction'
> {
  /** Default of the stem. */
  readonly stem: StemName;
  /** True if projections average first and convolve then, as in ResNet-D. */
  readonly averageProjection: boolean;
  /** How kernels are drawn by default. */
  readonly kernelInitializer: KernelInitializerName;
  /** The normalisation that this variant's published weights ask for. */
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
 * The variants, as data.
 *
 * - `keras`: keras/src/applications/resnet.py, and the same at the depths that Keras lacks.
 * - `torchvision`: torchvision/models/resnet.py ("v1.5").
 * - `idenprof`: OlafenwaMoses/IdenProf, idenprof.py, the blog post's: TensorFlow's padding in stem and blocks, pool 'valid',
 *   `add([branch, shortcut])`.
 * - `resnetD`: timm's resnet50d and similar networks (He et al. 2019, figure 2): deep stem, average-pool shortcut.
 * - `tf1`: the blog post's TensorFlow 1 class: no bias, Xavier draws, TensorFlow's padding throughout, averages of 0.999.
 * - `deeplearningAi`: the identity and convolutional blocks of the deeplearning.ai course's exercise (64 x 64 pixels, 6 classes): Keras'
 *   except for epsilon, an unpadded pool and `add([branch, shortcut])`: keras.applications' own ResNet-50 before 2018.
 */
export const VARIANTS: Readonly<
  Record<'keras' | 'torchvision' | 'idenprof' | 'resnetD' | 'tf1' | 'deeplearningAi', Variant>
> = {
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
