/** Modules that classifiers are called: torchvision's and timm's, akamaster's, Cadene's, transformers'. */
const CLASSIFIERS = /^(fc|linear|last_linear|classifier|head|head\.fc)(\.\w+){0,2}$/;

/**
 * The name in `@zoo/resnet` of the layer that a ResNet of torchvision, timm, akamaster or transformers calls `name`; undefined for unknown
 * names.
 *
 * `layer2.0.conv1` is `conv3_block1_1_conv`, `layer2.0.downsample.1` is `conv3_block1_0_bn`, `fc` and `linear` are `predictions`, so is a
 * dense layer in a Sequential or module in that place, `fc.1` or `fc.linear`. The gates of timm's SE networks, `layer1.0.se.fc1`, are
 * `conv2_block1_se_reduce_conv`, those of its ECA networks, `layer1.0.se.conv`, `conv2_block1_eca_conv`. A norm is called `_bn` whatever
 * its kind. timm's networks with an average in the shortcut count it: there `downsample.1` is the convolution and `downsample.2` the norm.
 * Transformers' `resnet.encoder.stages.1.layers.0.layer.0.convolution` is `conv3_block1_1_conv`, timm's pre-activation
 * `stages.1.blocks.0.conv1` too. timm's and Cadene's first SE networks have their stem in `layer0`.
 *
 * @param hasAveragedShortcut True for a network with an average in the shortcut. Default false.
 * @param hasDeepStem True for a network with a stem of three convolutions: tells what `layer0.conv1` is. Default false.
 */
export function torchResnetName(
  name: string,
  hasAveragedShortcut = false,
  hasDeepStem = false,
): string | undefined {
  if (CLASSIFIERS.test(name)) return 'predictions';
  const outside = name.replace(/^layer0\./, hasDeepStem ? 'stem.' : '').replace(/^stem\.bn/, 'stem.norm');
  if (Object.hasOwn(OUTSIDE, outside)) return OUTSIDE[outside];
  const match = /^layer(\d+)\.(\d+)\.(.+)$/.exec(name);
  if (match === null) return preActivationName(name) ?? transformersName(name);
  const [, stage, block, role] = match as unknown as [string, string, string, string];
  const part = partOf(role, hasAveragedShortcut);
  return part === undefined ? undefined : `conv${Number(stage) + 1}_block${Number(block) + 1}_${part}`;
}

/** A module of a block, as this package calls its layer behind the block's name. */
function partOf(role: string, hasAveragedShortcut: boolean): string | undefined {
  const gate = /^se(?:_module)?\.(fc1|fc2|conv)$/.exec(role)?.[1];
  if (gate !== undefined) return GATES[gate];
  const [, kind, index, place] = /^(?:(conv|bn)(\d)|(?:downsample|shortcut)\.(\d))$/.exec(role) ?? [];
  if (kind !== undefined) return `${index!}_${kind}`;
  if (place === undefined) return undefined;
  return Number(place) === (hasAveragedShortcut ? 1 : 0) ? '0_conv' : '0_bn';
}

const GATES: Readonly<Record<string, string>> = {
  fc1: 'se_reduce_conv',
  fc2: 'se_expand_conv',
  conv: 'eca_conv',
};

/** timm/models/resnetv2.py: a block's first norm comes before its first convolution. */
function preActivationName(name: string): string | undefined {
  const match = /^stages\.(\d+)\.blocks\.(\d+)\.(?:(conv|norm)(\d)|downsample\.conv)$/.exec(name);
  if (match === null) return undefined;
  const [, stage, block, kind, index] = match;
  const prefix = `conv${Number(stage) + 2}_block${Number(block) + 1}`;
  if (kind === undefined) return `${prefix}_0_conv`;
  if (kind === 'conv') return `${prefix}_${index!}_conv`;
  return index === '1' ? `${prefix}_preact_bn` : `${prefix}_${Number(index) - 1}_bn`;
}

/** huggingface/transformers, models/resnet/modeling_resnet.py. */
function transformersName(name: string): string | undefined {
  const match =
    /^(?:resnet\.)?(?:embedder\.embedder|(?:encoder\.)?stages\.(\d+)\.layers\.(\d+)\.(shortcut|layer\.(\d)))\.(convolution|normalization)$/.exec(
      name,
    );
  if (match === null) return undefined;
  const [, stage, block, place, layer, role] = match;
  const kind = role === 'convolution' ? 'conv' : 'bn';
  if (stage === undefined) return `conv1_${kind}`;
  const index = place === 'shortcut' ? 0 : Number(layer) + 1;
  return `conv${Number(stage) + 2}_block${Number(block) + 1}_${index}_${kind}`;
}

/**
 * Modules outside of the blocks: torchvision's and timm's stems, of three convolutions as in timm's resnet50d, with ResNet-RS' strided
 * convolution for a pool, of resnetv2.py, and, in `layer0` or, if deep, as if in `stem`, of senet.py.
 */
const OUTSIDE: Readonly<Record<string, string>> = {
  conv1: 'conv1_conv',
  bn1: 'conv1_bn',
  'conv1.0': 'conv1_1_conv',
  'conv1.1': 'conv1_1_bn',
  'conv1.3': 'conv1_2_conv',
  'conv1.4': 'conv1_2_bn',
  'conv1.6': 'conv1_conv',
  'maxpool.0': 'pool1_conv',
  'maxpool.1': 'pool1_bn',
  'stem.conv': 'conv1_conv',
  'stem.conv1': 'conv1_1_conv',
  'stem.norm1': 'conv1_1_bn',
  'stem.conv2': 'conv1_2_conv',
  'stem.norm2': 'conv1_2_bn',
  'stem.conv3': 'conv1_conv',
  'stem.norm3': 'conv1_bn',
  norm: 'post_bn',
};
