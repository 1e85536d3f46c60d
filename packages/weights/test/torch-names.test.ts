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
  ['classifier', false, undefined],
] as const)('PyTorch’s %s (average in the shortcut: %s) is %s', (theirs, hasAveragedShortcut, ours) => {
  expect(torchResnetName(theirs, hasAveragedShortcut)).toBe(ours);
});
