import {
  ArgumentError,
  type BlockStyle,
  expectInteger,
  expectKnownOptions,
  expectNumber,
  expectOneOf,
  type Initializer,
  type Shortcut,
} from '@zoo/core';

import { type Application, checkApplication } from './application';
import type { Architecture } from './architecture';
import {
  type AnyResNetOptions,
  LOADING_OPTION_NAMES,
  RESNET_OPTION_NAMES,
  SHORTCUT_OPTIONS,
  type ShortcutOption,
} from './options';
import { STEM_STRIDES } from './stem';
import {
  KERNEL_INITIALIZER_NAMES,
  type KernelInitializerName,
  kernelInitializers,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from './variants';

/** An architecture and the caller's options, checked and settled. */
export interface Plan {
  readonly application: Application;
  readonly stemKind: StemName;
  readonly style: BlockStyle;
  readonly classifierInitializer: (layerName: string) => Initializer;
  readonly shortcut: ShortcutOption;
  readonly averageProjection: boolean;
  readonly dropRate: number;
  readonly stochasticDepth: number;
  readonly outputStride: number;
  readonly seed: number | undefined;
}

/**
 * Checks the caller's options and settles what they leave open.
 *
 * @throws ArgumentError for an unknown option and for any value out of range.
 */
export function planOf(architecture: Architecture, options: AnyResNetOptions): Plan {
  const loadingNames = (options.weights ?? null) === null ? [] : LOADING_OPTION_NAMES;
  expectKnownOptions('options', options, [...RESNET_OPTION_NAMES, ...loadingNames]);
  const variant = variantOf(architecture, options);
  const stems = Object.keys(STEM_STRIDES) as StemName[];
  const stemKind = expectOneOf('stem', options.stem ?? architecture.stem ?? variant.stem, stems);
  const { seed, dropRate = 0, stochasticDepth = 0 } = options;
  if (seed !== undefined) expectInteger('seed', seed, { minimum: 0 });
  const initializer = expectOneOf(
    'kernelInitializer',
    options.kernelInitializer ?? architecture.kernelInitializer ?? variant.kernelInitializer,
    KERNEL_INITIALIZER_NAMES,
  );
  const application = checkApplication(options, {
    name: architecture.name,
    classes: architecture.classes ?? 1000,
    imageSize: architecture.imageSize ?? (stemKind === 'small' ? 64 : 224),
    minimumSize: stemKind === 'small' ? 8 : 32,
  });
  const outputStride = outputStrideOf(options.dilation ?? 32);
  if (architecture.groups !== undefined) checkGrouped(application, outputStride);
  return {
    application,
    stemKind,
    style: styleOf(architecture, variant, options, initializer),
    // Keras and the papers draw the classifier by Glorot's rule, whatever draws the convolutions.
    classifierInitializer: kernelInitializers(initializer === 'zeros' ? 'zeros' : 'glorotUniform', seed),
    shortcut: expectOneOf('shortcut', options.shortcut ?? architecture.shortcut ?? 'B', SHORTCUT_OPTIONS),
    averageProjection: variant.averageProjection,
    dropRate: expectFraction('dropRate', dropRate),
    stochasticDepth: expectFraction('stochasticDepth', stochasticDepth),
    outputStride,
    seed,
  };
}

function variantOf(architecture: Architecture, options: AnyResNetOptions): Variant {
  const { onlyVariant, name } = architecture;
  if (onlyVariant === undefined) {
    const variantName = options.variant ?? architecture.variant ?? 'keras';
    return VARIANTS[expectOneOf('variant', variantName, Object.keys(VARIANTS) as VariantName[])];
  }
  if (options.variant === undefined || options.variant === 'keras') return onlyVariant;
  throw new ArgumentError('variant', `'keras', the only flavour that ${name} has,`, options.variant);
}

function styleOf(
  architecture: Architecture,
  variant: Variant,
  options: AnyResNetOptions,
  initializer: KernelInitializerName,
): BlockStyle {
  const { convolutionBias, epsilon, momentum, padding, sumFirst = 'shortcut' } = variant;
  const squeezeReduction = options.squeezeReduction ?? architecture.squeezeReduction;
  if (squeezeReduction !== undefined) expectInteger('squeezeReduction', squeezeReduction, { minimum: 1 });
  return {
    convolutionBias,
    epsilon,
    momentum,
    padding,
    sumFirst,
    strideIn: expectOneOf('strideIn', options.strideIn ?? variant.strideIn, ['first', 'second']),
    kernelInitializer: kernelInitializers(initializer, options.seed),
    zeroInitResidual: options.zeroInitResidual ?? false,
    squeezeReduction,
  };
}

function expectFraction(argument: string, value: number): number {
  return expectNumber(argument, value, { minimum: 0, maximum: 1, exclusiveMaximum: true });
}

function outputStrideOf(dilation: number): number {
  if (dilation === 8 || dilation === 16 || dilation === 32) return dilation;
  throw new ArgumentError('dilation', 'an output stride of 8, 16 or 32', dilation);
}

/** Refuses what grouped convolutions can't do, before any weights are downloaded. */
function checkGrouped({ inputShape }: Application, outputStride: number): void {
  if (inputShape.includes(null)) {
    throw new ArgumentError('inputShape', 'a height and width, which grouped convolutions need,', inputShape);
  }
  if (outputStride !== 32) {
    throw new ArgumentError('dilation', '32, for grouped convolutions are not dilated,', outputStride);
  }
}

/** One block's place in the net. */
export interface BlockPlan {
  readonly name: string;
  readonly filters: number;
  readonly stride: number;
  readonly dilation: number;
  /** True for the first block of its stage. */
  readonly isFirst: boolean;
}

/** All blocks, in order: stages after the first halve the picture until the output stride is reached; from there kernels dilate. */
export function blocksOf(architecture: Architecture, plan: Plan): BlockPlan[] {
  const strideAt = architecture.preActivation?.strideAt ?? 'first';
  const stageCount = architecture.blocks.length;
  let dilation = 1;
  let strideSoFar = STEM_STRIDES[plan.stemKind];
  return architecture.blocks.flatMap((blockCount, stage) => {
    const halves = strideAt === 'first' ? stage > 0 : stage < stageCount - 1;
    const dilates = halves && strideSoFar * 2 > plan.outputStride;
    const before = dilation;
    if (dilates) dilation *= 2;
    else if (halves) strideSoFar *= 2;
    const stridedBlock = strideAt === 'first' ? 0 : blockCount - 1;
    return Array.from({ length: blockCount }, (_, block): BlockPlan => ({
      name: `conv${stage + 2}_block${block + 1}`,
      filters: architecture.filters[stage]!,
      stride: halves && !dilates && block === stridedBlock ? 2 : 1,
      dilation: block <= stridedBlock ? before : dilation,
      isFirst: block === 0,
    }));
  });
}

/** The way around one block, by the paper's options. */
export function shortcutOf(
  architecture: Architecture,
  plan: Plan,
  block: BlockPlan,
  channelsIn: number,
): Shortcut {
  if (plan.shortcut === 'none') return 'none';
  const projection = plan.averageProjection ? 'average-projection' : 'projection';
  if (plan.shortcut === 'C') return projection;
  const changesChannels = channelsIn !== block.filters * architecture.expansion;
  const { strideAt = 'first', projectFirst = false } = architecture.preActivation ?? {};
  // A net that strides in a stage's last block subsamples the identity there.
  const changesShape = changesChannels || (strideAt === 'first' && block.stride > 1);
  if (!changesShape && !(projectFirst && block.isFirst)) return 'identity';
  if (plan.shortcut === 'B') return projection;
  return plan.shortcut === 'A' ? 'subsample-pad-end' : plan.shortcut;
}
