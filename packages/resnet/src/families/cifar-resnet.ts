import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, basicBlock } from '@zoo/core';

import { buildResNet } from '../builder/build-resnet';
import type { ResNetOptions } from '../builder/options';

/** The paper's depths, for lists and suggestions; any 6n + 2 can be built. */
export const CIFAR_DEPTHS = [20, 32, 44, 56, 110, 1202] as const;

/**
 * A net of the paper's CIFAR family (He et al. 2016, section 4.2): depth 6n + 2, three stages of 16, 32 and 64 channels.
 *
 * Defaults: 32 x 32 x 3 pictures, 10 classes, shortcut A (zero channels behind, as in fb.resnet.torch), no convolution bias, He's
 * normal draws. `shortcut: 'none'` makes the plain net of the degradation experiment (figure 1).
 *
 * @param depth 20, 32, 44, 56, 110, 1202 or any other 6n + 2.
 * @param options As for {@link resnet18}.
 */
export function cifarResnet(depth: number, options: ResNetOptions = {}): tf.LayersModel {
  const blocksPerStage = (depth - 2) / 6;
  if (!Number.isSafeInteger(blocksPerStage) || blocksPerStage < 1) {
    throw new ArgumentError('depth', 'a depth of 6n + 2, such as 20, 32, 44, 56 or 110', depth);
  }
  const architecture = {
    name: `resnet${depth}`,
    block: basicBlock,
    expansion: 1,
    blocks: [blocksPerStage, blocksPerStage, blocksPerStage],
    filters: [16, 32, 64],
    stem: 'small',
    stemFilters: 16,
    classes: 10,
    imageSize: 32,
    shortcut: 'A',
    variant: 'torchvision',
    kernelInitializer: 'heNormal',
  } as const;
  return buildResNet(architecture, options);
}
