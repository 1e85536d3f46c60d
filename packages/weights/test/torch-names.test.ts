import { expect, it } from 'vitest';

import { torchResnetName } from '../src';

it.each([
  ['conv1', false, 'conv1_conv'],
  ['layer1.0.conv2', false, 'conv2_block1_2_conv'],
  ['layer4.2.bn3', false, 'conv5_block3_3_bn'],
  ['layer2.0.downsample.1', false, 'conv3_block1_0_bn'],
  ['layer2.0.downsample.1', true, 'conv3_block1_0_conv'],
  ['layer2.0.downsample.2', true, 'conv3_block1_0_bn'],
  ['layer3.5.se.fc1', false, 'conv4_block6_se_reduce_conv'],
  ['layer3.5.se.fc2', false, 'conv4_block6_se_expand_conv'],
  ['fc', false, 'predictions'],
  ['fc.1', false, 'predictions'],
  ['classifier.1', false, 'predictions'],
  ['resnet.embedder.embedder.normalization', false, 'conv1_bn'],
  ['resnet.encoder.stages.1.layers.0.shortcut.convolution', false, 'conv3_block1_0_conv'],
  ['resnet.encoder.stages.3.layers.1.layer.2.normalization', false, 'conv5_block2_3_bn'],
  ['encoder.stages.0.layers.2.layer.0.convolution', false, 'conv2_block3_1_conv'],
  ['neck.conv1', false, undefined],
] as const)('PyTorch’s %s (average in the shortcut: %s) is %s', (theirs, hasAveragedShortcut, ours) => {
  expect(torchResnetName(theirs, hasAveragedShortcut)).toBe(ours);
});
