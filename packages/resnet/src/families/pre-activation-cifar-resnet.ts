import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, preActivationBottleneckBlock } from '@zoo/core';

import { buildResNet } from '../builder/build-resnet';
import type { ResNetOptions } from '../builder/options';
import { VARIANTS } from '../builder/variants';

/** The paper's depths, for lists and suggestions; any 9n + 2 can be built. */
export const PRE_ACTIVATION_CIFAR_DEPTHS = [164, 1001] as const;

/**
 * A pre-activation net for CIFAR (He et al. 2016b, table 4; KaimingHe/resnet-1k-layers): depth 9n + 2, bottlenecks of 16, 32 and 64.
 *
 * ResNet-164 has 1.7 million parameters, ResNet-1001 10.3 million. Projections where channels change, stride in the first 1x1.
 *
 * @param depth 164, 1001 or any other 9n + 2.
 * @param options As for {@link resnet18}.
 */
export function preActivationCifarResnet(depth: number, options: ResNetOptions = {}): tf.LayersModel {
  const blocksPerStage = (depth - 2) / 9;
  if (!Number.isSafeInteger(blocksPerStage) || blocksPerStage < 1) {
    throw new ArgumentError('depth', 'a depth of 9n + 2, such as 164 or 1001', depth);
  }
  const architecture = {
    name: `preactivation_resnet${depth}`,
    block: preActivationBottleneckBlock,
    expansion: 4,
    blocks: [blocksPerStage, blocksPerStage, blocksPerStage],
    filters: [16, 32, 64],
    stem: 'small',
    stemFilters: 16,
    classes: 10,
    imageSize: 32,
    kernelInitializer: 'heNormal',
    onlyVariant: { ...VARIANTS.torchvision, strideIn: 'first' },
    preActivation: { strideAt: 'first', stemNorm: false, inputNorm: false, projectFirst: false },
  } as const;
  return buildResNet(architecture, options);
}
