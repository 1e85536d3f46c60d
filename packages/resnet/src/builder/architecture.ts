import type { ResidualBlock } from '@zoo/core';

import type { ShortcutOption } from './options';
import type { KernelInitializerName, StemName, Variant, VariantName } from './variants';

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
  /** Default 1000. */
  readonly classes?: number;
  /** Height and width with a top. Default 224, or 64 with the small stem. */
  readonly imageSize?: number;
  /** Default 'B'. */
  readonly shortcut?: ShortcutOption;
  /** The variant that is the default. Default 'keras'. */
  readonly variant?: VariantName;
  /** The only flavour that the architecture has; it then takes no other `variant` than 'keras'. */
  readonly onlyVariant?: Variant;
  /** Replaces the variant's. */
  readonly stem?: StemName;
  /** Channels of the stem. Default 64. */
  readonly stemFilters?: number;
  /** Replaces the variant's. */
  readonly kernelInitializer?: KernelInitializerName;
  /** What pre-activation nets differ in; absent for all others. */
  readonly preActivation?: PreActivation;
  /** Reduction of squeeze-and-excitation gates. Default: none. */
  readonly squeezeReduction?: number;
}

/** Where published pre-activation nets differ from one another (He et al. 2016b). */
export interface PreActivation {
  /** The block of a stage that strides: keras.applications strides in the last, all others in the first. */
  readonly strideAt: 'first' | 'last';
  /** True if a norm and a rectifier follow the stem's convolution, as in MXNet's nets. */
  readonly stemNorm: boolean;
  /** True if a norm without gamma comes before everything, as in MXNet's nets. */
  readonly inputNorm: boolean;
  /** True if the first block of every stage projects, whether shapes agree or not, as in MXNet's nets. */
  readonly projectFirst: boolean;
}
