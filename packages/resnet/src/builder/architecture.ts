import * as tfl from '@tensorflow/tfjs-layers';
import {
  type BlockStyle,
  createRandom,
  glorotUniform,
  heNormal,
  heNormalFanOut,
  type Initializer,
  type InitializerOptions,
  type ResidualBlock,
  type ResidualBlockOptions,
  type StemPool,
} from '@zoo/core';

import type { KernelInitializerName, ShortcutOption, StemName, Variant, VariantName } from './variants';

/** An architecture as data: a row of the paper's table, and what its authors' code adds to it. */
export interface Architecture {
  /** The function's and, by default, the model's name. */
  readonly name: string;
  readonly block: ResidualBlock;
  /** Output channels of a block for one of its `filters`: 1, or 4 for bottlenecks. */
  readonly expansion: 1 | 4;
  /** Blocks of each stage. */
  readonly blocks: readonly number[];
  /** `filters` of each stage's blocks. */
  readonly filters: readonly number[];
  /** Inner channels of a bottleneck for one of its `filters`. Default 1; 2 in Wide ResNet-50-2. */
  readonly widthFactor?: number;
  /** Groups of a bottleneck's 3x3 convolution. Default 1; 32 in ResNeXt-50 32x4d. */
  readonly groups?: number;
  /** Inner channels of a bottleneck, where they differ otherwise. */
  readonly widths?: (place: BlockPlace) => Pick<ResidualBlockOptions, 'width' | 'firstWidth'>;
  /** Stages of another block than `block`, by their index. */
  readonly stageKinds?: Readonly<Record<number, Pick<Architecture, 'block' | 'expansion'>>>;
  /** Default 1000. */
  readonly classes?: number;
  /** Height and width with a top. Default 224, or 64 with the small stem. */
  readonly imageSize?: number;
  /** Default 'B'. */
  readonly shortcut?: ShortcutOption;
  /** The variant that is the default. Default 'keras'. */
  readonly variant?: VariantName;
  /** The only variant that the architecture has; it then takes no other `variant` than 'keras'. */
  readonly onlyVariant?: Variant;
  /** Replaces the variant's. */
  readonly stem?: StemName;
  /** Channels of the stem. Default 64. */
  readonly stemFilters?: number;
  /** Channels of a deep stem's first convolution, where they are no half of the stem's: the tiered stem of timm's T networks. */
  readonly firstStemFilters?: number;
  /** Replaces the stem's pool. */
  readonly stemPool?: StemPool;
  /** What blocks and stem are made of, where it differs from the variant's: the pieces of `@zoo/core`. */
  readonly style?: Partial<BlockStyle>;
  /** Replaces average pool and dense classifier; takes the last feature map. */
  readonly head?: (features: tfl.SymbolicTensor, classifier: ClassifierPlan) => tfl.SymbolicTensor;
  /** Replaces the variant's. */
  readonly kernelInitializer?: KernelInitializerName;
  /** What pre-activation networks differ in; absent for all others. */
  readonly preActivation?: PreActivation;
  /** Reduction of squeeze-and-excitation gates. Default: none. */
  readonly squeezeReduction?: number;
}

/** A block's place in a network. */
export interface BlockPlace {
  /** From 0. */
  readonly stage: number;
  /** Within its stage, from 0. */
  readonly index: number;
  readonly filters: number;
}

/** What a classifier is made from. */
export interface ClassifierPlan {
  readonly classes: number;
  readonly activation: 'softmax' | 'sigmoid' | 'linear';
  readonly kernelInitializer: (layerName: string) => Initializer;
}

/** Where published pre-activation networks differ from one another (He et al. 2016b). */
export interface PreActivation {
  /** The block of a stage that strides: keras.applications strides in the last, all others in the first. */
  readonly strideAt: 'first' | 'last';
  /** True if a norm and a ReLU follow the stem's convolution, as in MXNet's networks. */
  readonly stemNorm: boolean;
  /** True if a norm without gamma comes before everything, as in MXNet's networks. */
  readonly inputNorm: boolean;
  /** True if the first block of every stage projects, whether shapes agree or not, as in MXNet's networks. */
  readonly projectFirst: boolean;
}

const INITIALIZERS = {
  glorotUniform,
  heNormal,
  heNormalFanOut,
  zeros: (): Initializer => tfl.initializers.zeros(),
} as const satisfies Record<KernelInitializerName, (options: InitializerOptions) => Initializer>;

/** What draws each layer's kernel: its seed follows from the network's seed and the layer's name alone. */
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
