import type { ShortcutOption, StemName, Variant } from '../builder/variants';

/**
 * What shapes don't tell of a network: how it strides, pads and normalises. A part is undefined where a file does not say.
 */
export interface Traits {
  readonly epsilon?: number;
  readonly padding?: Variant['padding'];
  readonly strideIn?: Variant['strideIn'];
  readonly stem?: StemName;
  readonly averageProjection?: boolean;
  readonly shortcut?: ShortcutOption;
  /** Output stride kept by dilated kernels; undefined for 32, too. */
  readonly outputStride?: 8 | 16;
}

/** The naming scheme of the layers, which shows which library the network comes from. */
export type Naming = 'keras' | 'chollet' | 'qubvel' | 'torch' | 'transformers' | 'numbered' | 'other';

const NAMINGS: readonly (readonly [Naming, RegExp])[] = [
  ['keras', /(^|\/)conv2_block1_(0|1|preact)_/],
  ['chollet', /(^|\/)res2a_branch2a(\/|$)/],
  ['qubvel', /(^|\/)stage1_unit1_/],
  ['torch', /(^|\.)layer1\.0\.conv1(\.|$)/],
  ['transformers', /(^|\.)stages\.0\.layers\.0\.layer\.0\.convolution(\.|$)/],
  ['numbered', /(^|\/)conv2d(_\d+)?(\/|$)/],
];

/** Whose names these are, of layers or of tensors. */
export function namingOf(names: readonly string[]): Naming {
  return NAMINGS.find(([, pattern]) => names.some((name) => pattern.test(name)))?.[0] ?? 'other';
}

/**
 * What a list of all layers' names says, those without weights included, of a network with Keras' names; nothing where a list has
 * those with weights alone.
 */
export function traitsOfLayerNames(names: readonly string[], hasBottlenecks: boolean): Traits {
  const all = new Set(names);
  if (namingOf(names) !== 'keras' || !all.has('conv2_block1_out')) return {};
  const padding = names.some((name) => /^(conv1|conv3_block1_[12])_pad$/.test(name)) ? 'explicit' : 'same';
  return {
    padding,
    ...(all.has('pool1_pool') && { stem: stemOf(all) }),
    ...(hasBottlenecks &&
      padding === 'explicit' && { strideIn: all.has('conv3_block1_2_pad') ? 'second' : 'first' }),
    averageProjection: all.has('conv3_block1_0_pool') && all.has('conv3_block1_0_conv'),
    ...(!names.some((name) => /_block\d+_(0_|add$)/.test(name)) && { shortcut: 'none' }),
  };
}

function stemOf(names: ReadonlySet<string>): StemName {
  if (names.has('conv1_1_conv')) return 'deep';
  if (names.has('pool1_pad')) return 'imagenet';
  return names.has('conv1_pad') ? 'imagenetUnpaddedPool' : 'imagenetSame';
}

/** What the names of PyTorch's modules say: a classifier called `linear` without projections is akamaster's CIFAR network. */
export function traitsOfTorchNames(names: readonly string[]): Traits {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  const isAkamaster = has(/^linear\./) && has(/^layer3\./) && !has(/^layer4\./);
  return {
    averageProjection: has(/\.downsample\.2\./),
    ...(isAkamaster && { shortcut: 'subsample-pad-both' }),
  };
}
