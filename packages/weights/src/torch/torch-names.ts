/** Modules that classifiers are called: torchvision's and timm's, akamaster's, Cadene's, transformers'. */
const CLASSIFIERS = /^(fc|linear|last_linear|classifier|head)(\.\d+)?$/;

/**
 * What `@zoo/resnet` calls the layer that a ResNet of torchvision, timm, akamaster or transformers calls `name`; undefined for none.
 *
 * `layer2.0.conv1` is `conv3_block1_1_conv`, `layer2.0.downsample.1` is `conv3_block1_0_bn`, `fc` and `linear` are `predictions`, so is a
 * dense layer in a Sequential in that place, `fc.1`. The gates of timm's SE nets, `layer1.0.se.fc1`, are `conv2_block1_se_reduce_conv`.
 * timm's nets with an average in the shortcut count it: there `downsample.1` is the convolution and `downsample.2` the norm.
 * Transformers' `resnet.encoder.stages.1.layers.0.layer.0.convolution` is `conv3_block1_1_conv`.
 */
export function torchResnetName(name: string, hasAveragedShortcut = false): string | undefined {
  if (name === 'conv1') return 'conv1_conv';
  if (name === 'bn1') return 'conv1_bn';
  if (CLASSIFIERS.test(name)) return 'predictions';
  const deepStem = /^conv1\.(\d+)$/.exec(name)?.[1];
  if (deepStem !== undefined) return DEEP_STEM[Number(deepStem)];
  const gate = /^layer(\d+)\.(\d+)\.se\.fc([12])$/.exec(name);
  if (gate !== null) {
    const part = gate[3] === '1' ? 'reduce' : 'expand';
    return `conv${Number(gate[1]) + 1}_block${Number(gate[2]) + 1}_se_${part}_conv`;
  }
  const match = /^layer(\d+)\.(\d+)\.(?:(conv|bn)(\d)|(?:downsample|shortcut)\.(\d))$/.exec(name);
  if (match === null) return transformersName(name);
  const [, stage, block, kind, index, part] = match;
  const prefix = `conv${Number(stage) + 1}_block${Number(block) + 1}`;
  if (kind !== undefined) return `${prefix}_${index!}_${kind}`;
  const isConvolution = Number(part) === (hasAveragedShortcut ? 1 : 0);
  return `${prefix}_0_${isConvolution ? 'conv' : 'bn'}`;
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

/** A stem of three convolutions, as in timm's resnet50d: convolution, norm, ReLU and so on. */
const DEEP_STEM: Readonly<Record<number, string>> = {
  0: 'conv1_1_conv',
  1: 'conv1_1_bn',
  3: 'conv1_2_conv',
  4: 'conv1_2_bn',
  6: 'conv1_conv',
};
