import type { ComputingOptions } from '../identify/settle-options';
import { timmArchitectures } from '../timm-architectures';

/** Networks of torchvision's that timm has, too, by their names here; those of three convolutions in the stem have a D behind theirs. */
const SHARED: Readonly<Record<string, string>> = {
  resnet18: 'resnet18',
  resnet34: 'resnet34',
  resnet50: 'resnet50',
  resnet101: 'resnet101',
  resnet152: 'resnet152',
  wide_resnet50_2: 'wide_resnet50_2',
  wide_resnet101_2: 'wide_resnet101_2',
  resnext50_32x4d: 'resnext50_32x4d',
  se_resnet50: 'seresnet50',
};

/** What timm calls a network that is built with these options; undefined for one that it does not have. */
export function timmNetworkName(architecture: string, options: ComputingOptions): string | undefined {
  const { variant, ...others } = options;
  if (Object.keys(others).length > 0) return undefined;
  if (Object.hasOwn(timmArchitectures(), architecture)) return architecture;
  const shared = Object.hasOwn(SHARED, architecture) ? SHARED[architecture]! : undefined;
  if (variant === 'torchvision') return shared;
  const deep = `${shared}d`;
  return variant === 'resnetD' && Object.hasOwn(timmArchitectures(), deep) ? deep : undefined;
}

/** True for networks of timm's resnetv2.py, whose classifier is a convolution of 1x1. */
export const isTimmV2 = (network: string): boolean => network.startsWith('resnetv2_');

/**
 * What timm calls the module that the layer `name` of its network `network` is: what `torchResnetName` of `@zoo/weights` reads, the other
 * way round.
 *
 * @param layers All names of the model's layers with weights.
 */
export function timmModuleName(name: string, network: string, layers: ReadonlySet<string>): string {
  const isLegacy = network.startsWith('legacy_');
  const isDeep = layers.has('conv1_1_conv');
  const match = /^conv(\d+)_block(\d+)_(.+)$/.exec(name);
  if (match === null) {
    if (isTimmV2(network)) return (isDeep ? V2_DEEP[name] : V2_PLAIN[name]) ?? V2_END[name] ?? name;
    if (!isLegacy) return (isDeep ? DEEP[name] : PLAIN[name]) ?? END[name] ?? name;
    return name === 'predictions' ? 'last_linear' : `layer0.${(isDeep ? LEGACY_DEEP : PLAIN)[name] ?? name}`;
  }
  const [stage, block, part] = [Number(match[1]), Number(match[2]) - 1, match[3]!];
  if (isTimmV2(network)) return `stages.${stage - 2}.blocks.${block}.${v2Part(part)}`;
  // timm's networks with an average in the shortcut count it as a layer.
  const first = hasAverage(network, isDeep) ? 1 : 0;
  const se = isLegacy ? 'se_module' : 'se';
  const parts: Readonly<Record<string, string>> = {
    '0_conv': `downsample.${first}`,
    '0_bn': `downsample.${first + 1}`,
    se_reduce_conv: `${se}.fc1`,
    se_expand_conv: `${se}.fc2`,
    eca_conv: 'se.conv',
  };
  return `layer${stage - 1}.${block}.${parts[part] ?? part.replace(/^(\d)_(conv|bn)$/, '$2$1')}`;
}

function hasAverage(network: string, isDeep: boolean): boolean {
  const row = Object.hasOwn(timmArchitectures(), network) ? timmArchitectures()[network] : undefined;
  return row?.onlyVariant === undefined ? isDeep : row.onlyVariant.averageProjection;
}

function v2Part(part: string): string {
  if (part === 'preact_bn') return 'norm1';
  if (part === '0_conv') return 'downsample.conv';
  const [, index, kind] = /^(\d)_(conv|bn)$/.exec(part) ?? [];
  return kind === 'conv' ? `conv${index}` : `norm${Number(index) + 1}`;
}

const END: Readonly<Record<string, string>> = {
  predictions: 'fc',
  pool1_conv: 'maxpool.0',
  pool1_bn: 'maxpool.1',
};

const PLAIN: Readonly<Record<string, string>> = { conv1_conv: 'conv1', conv1_bn: 'bn1' };

const DEEP: Readonly<Record<string, string>> = {
  conv1_1_conv: 'conv1.0',
  conv1_1_bn: 'conv1.1',
  conv1_2_conv: 'conv1.3',
  conv1_2_bn: 'conv1.4',
  conv1_conv: 'conv1.6',
  conv1_bn: 'bn1',
};

const LEGACY_DEEP: Readonly<Record<string, string>> = {
  conv1_1_conv: 'conv1',
  conv1_1_bn: 'bn1',
  conv1_2_conv: 'conv2',
  conv1_2_bn: 'bn2',
  conv1_conv: 'conv3',
  conv1_bn: 'bn3',
};

const V2_END: Readonly<Record<string, string>> = { predictions: 'head.fc', post_bn: 'norm' };

const V2_PLAIN: Readonly<Record<string, string>> = { conv1_conv: 'stem.conv' };

const V2_DEEP: Readonly<Record<string, string>> = {
  conv1_1_conv: 'stem.conv1',
  conv1_1_bn: 'stem.norm1',
  conv1_2_conv: 'stem.conv2',
  conv1_2_bn: 'stem.norm2',
  conv1_conv: 'stem.conv3',
  conv1_bn: 'stem.norm3',
};
