import { preActivationBasicBlock, preActivationBottleneckBlock } from '@zoo/core';

import type { Architecture } from '../builder/architecture';
import { resnetBuilder } from '../builder/resnet-builder';
import { type Variant, VARIANTS } from '../builder/variants';

const v2 = (name: string, blocks: readonly number[]): Architecture => ({
  name,
  block: preActivationBottleneckBlock,
  expansion: 4,
  blocks,
  filters: [64, 128, 256, 512],
  onlyVariant: { ...VARIANTS.keras, strideIn: 'second', normalization: 'tf' },
  preActivation: { strideAt: 'last', stemNorm: false, inputNorm: false, projectFirst: false },
});

/**
 * ResNet-50 V2 (He et al. 2016b; keras/src/applications/resnet_v2.py): pre-activation, 25,613,800 parameters.
 *
 * @param options As for {@link resnet18}; its one flavour is Keras'.
 */
export const resnet50v2 = /* @__PURE__ */ resnetBuilder(() => v2('resnet50v2', [3, 4, 6, 3]));

/** ResNet-101 V2: 44,675,560 parameters. See {@link resnet50v2}. */
export const resnet101v2 = /* @__PURE__ */ resnetBuilder(() => v2('resnet101v2', [3, 4, 23, 3]));

/** ResNet-152 V2: 60,380,648 parameters. See {@link resnet50v2}. */
export const resnet152v2 = /* @__PURE__ */ resnetBuilder(() => v2('resnet152v2', [3, 8, 36, 3]));

/** The flavour of MXNet's nets and their port to Keras. */
const MXNET: Variant = {
  ...VARIANTS.torchvision,
  epsilon: 2e-5,
  momentum: 0.99,
  kernelInitializer: 'heNormal',
  normalization: 'raw',
};

const mxnet = (name: string, blocks: readonly number[]): Architecture => ({
  name,
  block: preActivationBasicBlock,
  expansion: 1,
  blocks,
  filters: [64, 128, 256, 512],
  onlyVariant: MXNET,
  preActivation: { strideAt: 'first', stemNorm: true, inputNorm: true, projectFirst: true },
});

/**
 * The pre-activation ResNet-18 of MXNet, whose Keras port qubvel/classification_models publishes weights for ImageNet.
 *
 * It reads raw pixels, 0 to 255, in RGB: a norm without gamma comes first.
 */
export const preActivationResnet18 = /* @__PURE__ */ resnetBuilder(() =>
  mxnet('preactivation_resnet18', [2, 2, 2, 2]),
);

/** The pre-activation ResNet-34 of MXNet. See {@link preActivationResnet18}. */
export const preActivationResnet34 = /* @__PURE__ */ resnetBuilder(() =>
  mxnet('preactivation_resnet34', [3, 4, 6, 3]),
);
