import type * as tf from '@tensorflow/tfjs';
import {
  ArgumentError,
  type BlockStyle,
  expectInteger,
  expectKnownOptions,
  expectNumber,
  expectOneOf,
  type Initializer,
  type PaddedShortcut,
  type ResidualBlock,
  type Shortcut,
} from '@zoo/core';

import { checkApplication } from './application';
import { finishModel, inputOf } from './model-ends';
import { RESNET_OPTION_NAMES, type ResNetOptions, type ShortcutOption } from './options';
import { stem, STEM_STRIDES, type StemOptions } from './stem';
import {
  KERNEL_INITIALIZER_NAMES,
  kernelInitializers,
  layerSeed,
  type StemName,
  type Variant,
  type VariantName,
  VARIANTS,
} from './variants';

/** An architecture as data: what the table of the paper says of it. */
export interface Architecture {
  /** The function's and, by default, the model's name. */
  readonly name: string;
  readonly block: ResidualBlock;
  /** Output channels of a block for one of its `filters`: 1 or 4. */
  readonly expansion: 1 | 4;
  /** Blocks of each stage. */
  readonly blocks: readonly number[];
  /** `filters` of each stage's blocks. */
  readonly filters: readonly number[];
  /** Inner channels of a bottleneck for one of its `filters`. Default 1; 2 in Wide ResNet-50-2. */
  readonly widthFactor?: number;
  /** Replaces what the variant says. */
  readonly stem?: StemName;
  /** Channels of the stem. Default 64. */
  readonly stemFilters?: number;
  readonly classes?: number;
  readonly imageSize?: number;
  readonly shortcut?: ShortcutOption;
  readonly variant?: VariantName;
  readonly kernelInitializer?: Variant['kernelInitializer'];
}

/** Builds a post-activation net of the family; its options are the caller's. */
export function buildResNet(architecture: Architecture, options: ResNetOptions): tf.LayersModel {
  const plan = planOf(architecture, options);
  const { application, stemKind, style } = plan;
  const input = inputOf(application, options.inputTensor);
  const stemOptions: StemOptions = { kind: stemKind, filters: architecture.stemFilters ?? 64 };
  let x = stem(input, style, stemOptions);
  const blockCount = architecture.blocks.reduce((sum, blocks) => sum + blocks, 0);
  let index = 0;
  for (const stage of stagesOf(architecture, plan)) {
    for (let block = 1; block <= stage.blocks; block++) {
      const name = `${stage.name}_block${block}`;
      const isFirst = block === 1;
      x = architecture.block(x, {
        name,
        filters: stage.filters,
        width: stage.filters * (architecture.widthFactor ?? 1),
        stride: isFirst ? stage.stride : 1,
        dilation: isFirst ? stage.firstDilation : stage.dilation,
        shortcut: shortcutOf(
          plan,
          x.shape[3]! !== stage.filters * architecture.expansion || (isFirst && stage.stride > 1),
        ),
        dropRate: (plan.stochasticDepth * ++index) / blockCount,
        seed: layerSeed(options.seed, `${name}_drop`),
        style,
      });
    }
  }
  const { dropRate = 0, seed } = options;
  return finishModel({
    input,
    features: x,
    application,
    architecture: architecture.name,
    dropRate,
    seed,
    kernelInitializer: plan.classifierInitializer,
  });
}

interface Plan {
  application: ReturnType<typeof checkApplication>;
  stemKind: StemName;
  style: BlockStyle;
  classifierInitializer: (layerName: string) => Initializer;
  shortcut: ShortcutOption;
  averageProjection: boolean;
  stochasticDepth: number;
  outputStride: number;
}

function planOf(architecture: Architecture, options: ResNetOptions): Plan {
  expectKnownOptions('options', options, RESNET_OPTION_NAMES);
  const variantName = options.variant ?? architecture.variant ?? 'keras';
  const variant = VARIANTS[expectOneOf('variant', variantName, Object.keys(VARIANTS) as VariantName[])];
  const stems = Object.keys(STEM_STRIDES) as StemName[];
  const stemKind = expectOneOf('stem', options.stem ?? architecture.stem ?? variant.stem, stems);
  const { seed, dropRate = 0, stochasticDepth = 0, zeroInitResidual = false } = options;
  if (seed !== undefined) expectInteger('seed', seed, { minimum: 0 });
  expectNumber('dropRate', dropRate, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  expectNumber('stochasticDepth', stochasticDepth, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  const initializerName =
    options.kernelInitializer ?? architecture.kernelInitializer ?? variant.kernelInitializer;
  expectOneOf('kernelInitializer', initializerName, KERNEL_INITIALIZER_NAMES);
  const style: BlockStyle = {
    ...variant,
    strideIn: expectOneOf('strideIn', options.strideIn ?? variant.strideIn, ['first', 'second']),
    kernelInitializer: kernelInitializers(initializerName, seed),
    zeroInitResidual,
    squeezeReduction: squeezeReductionOf(options.squeezeReduction),
  };
  const application = checkApplication(options, {
    name: architecture.name,
    classes: architecture.classes ?? 1000,
    imageSize: architecture.imageSize ?? (STEM_STRIDES[stemKind] < 4 ? 64 : 224),
    minimumSize: stemKind === 'small' ? 8 : 32,
  });
  return {
    application,
    stemKind,
    style,
    // Keras and the papers draw the classifier by Glorot's rule, whatever draws the convolutions.
    classifierInitializer: kernelInitializers(initializerName === 'zeros' ? 'zeros' : 'glorotUniform', seed),
    shortcut: checkShortcut(options.shortcut ?? architecture.shortcut ?? 'B'),
    averageProjection: variant.averageProjection,
    stochasticDepth,
    outputStride: checkDilation(options.dilation ?? 32),
  };
}

function squeezeReductionOf(reduction: number | undefined): number | undefined {
  return reduction === undefined ? undefined : expectInteger('squeezeReduction', reduction, { minimum: 1 });
}

function checkDilation(dilation: number): number {
  if (dilation === 8 || dilation === 16 || dilation === 32) return dilation;
  throw new ArgumentError('dilation', 'an output stride of 8, 16 or 32', dilation);
}

const PADDED: readonly PaddedShortcut[] = [
  'subsample-pad-end',
  'subsample-pad-both',
  'average-pad-both',
  'average-pad-end',
];

function checkShortcut(shortcut: ShortcutOption): ShortcutOption {
  return expectOneOf('shortcut', shortcut, ['A', 'B', 'C', ...PADDED, 'none']);
}

/** The way around one block, by the paper's options. */
function shortcutOf({ shortcut, averageProjection }: Plan, changesShape: boolean): Shortcut {
  if (shortcut === 'none') return 'none';
  const projection = averageProjection ? 'average-projection' : 'projection';
  if (shortcut === 'C') return projection;
  if (!changesShape) return 'identity';
  if (shortcut === 'B') return projection;
  return shortcut === 'A' ? 'subsample-pad-end' : shortcut;
}

interface Stage {
  name: string;
  blocks: number;
  filters: number;
  stride: number;
  firstDilation: number;
  dilation: number;
}

/** The stages: all but the first halve the picture, until the output stride is reached; from there on kernels dilate instead. */
function stagesOf(architecture: Architecture, plan: Plan): Stage[] {
  let dilation = 1;
  let strideSoFar = STEM_STRIDES[plan.stemKind];
  return architecture.blocks.map((blocks, index) => {
    const wanted = index === 0 ? 1 : 2;
    const firstDilation = dilation;
    let stride = wanted;
    if (strideSoFar * wanted > plan.outputStride) {
      dilation *= wanted;
      stride = 1;
    } else {
      strideSoFar *= wanted;
    }
    return {
      name: `conv${index + 2}`,
      blocks,
      filters: architecture.filters[index]!,
      stride,
      firstDilation,
      dilation,
    };
  });
}
