import * as tfl from '@tensorflow/tfjs-layers';
import {
  apply,
  ArgumentError,
  halvingBlock,
  halvingResidualBlock,
  memoize,
  preActivationBasicBlock,
} from '@zoo/core';

import { type Architecture } from './builder/architecture';
import { VARIANTS } from './builder/variants';

/** What networks for CIFAR have in common: a 3x3 stem that keeps the 32 x 32 pixels, 10 classes. */
const CIFAR = { stem: 'small', classes: 10, imageSize: 32, kernelInitializer: 'heNormal' } as const;

/** Networks for CIFAR that come in one form each, by name. */
export const cifarArchitectures = /* @__PURE__ */ memoize(
  (): Readonly<Record<string, Omit<Architecture, 'name'>>> => ({
    wide_resnet16_8: wideCifarRow(16, 8),
    wide_resnet28_10: wideCifarRow(28, 10),
    wide_resnet40_4: wideCifarRow(40, 4),
    resnet9: {
      ...{ ...CIFAR, block: halvingResidualBlock, expansion: 1, stageKinds: { 1: HALVING } },
      ...{
        blocks: [1, 1, 1],
        filters: [128, 256, 512],
        onlyVariant: VARIANTS.torchvision,
        head: scaledMaximumHead,
      },
    },
  }),
);

const HALVING = { block: halvingBlock, expansion: 1 } as const;

/**
 * A Wide ResNet for CIFAR (Zagoruyko and Komodakis 2016, table 1): pre-activation, depth 6n + 4, `width` times the channels of the
 * paper's CIFAR family.
 */
function wideCifarRow(depth: number, width: number): Omit<Architecture, 'name'> {
  const blocks = (depth - 4) / 6;
  if (!Number.isSafeInteger(blocks)) throw new ArgumentError('depth', 'a depth of 6n + 4', depth);
  return {
    ...CIFAR,
    block: preActivationBasicBlock,
    expansion: 1,
    blocks: [blocks, blocks, blocks],
    filters: [16 * width, 32 * width, 64 * width],
    stemFilters: 16,
    onlyVariant: VARIANTS.torchvision,
    preActivation: { strideAt: 'first', stemNorm: false, inputNorm: false, projectFirst: false },
  };
}

/** Maxima of each channel, a dense layer without bias, an eighth of what it puts out: DAWNBench's (davidcpage/cifar10-fast). */
const scaledMaximumHead: NonNullable<Architecture['head']> = (
  features,
  { classes, activation, kernelInitializer },
) => {
  const name = 'predictions';
  const layers = [
    tfl.layers.globalMaxPooling2d({ name: 'max_pool' }),
    tfl.layers.dense({ name, units: classes, useBias: false, kernelInitializer: kernelInitializer(name) }),
    tfl.layers.rescaling({ name: 'predictions_scale', scale: 0.125 }),
    tfl.layers.activation({ name: 'predictions_activation', activation }),
  ];
  return layers.reduce((x, layer) => apply(layer, x), features);
};
