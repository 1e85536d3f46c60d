import { basicBlock, bottleneckBlock } from '@zoo/core';

import type { Architecture } from '../builder/architecture';
import { resnetBuilder } from '../builder/resnet-builder';

const FILTERS = [64, 128, 256, 512] as const;

const basic = (name: string, blocks: readonly number[]): Architecture => ({
  name,
  block: basicBlock,
  expansion: 1,
  blocks,
  filters: FILTERS,
});

const bottleneck = (name: string, blocks: readonly number[]): Architecture => ({
  name,
  block: bottleneckBlock,
  expansion: 4,
  blocks,
  filters: FILTERS,
});

/**
 * ResNet-18 (He et al. 2016, table 1): 11,703,912 parameters in Keras' flavour with 1000 classes, 1.81 billion multiply-adds.
 *
 * What it takes, returns and throws: {@link ResNetBuilder}.
 */
export const resnet18 = /* @__PURE__ */ resnetBuilder(() => basic('resnet18', [2, 2, 2, 2]));

/**
 * ResNet-10: one block a stage, 5,427,432 parameters in Keras' flavour, 0.89 billion multiply-adds; for small pictures and short
 * trainings. Not in the paper, in common use since (timm, MXNet). See {@link resnet18}.
 */
export const resnet10 = /* @__PURE__ */ resnetBuilder(() => basic('resnet10', [1, 1, 1, 1]));

/** ResNet-34: 21,823,208 parameters in Keras' flavour, 3.66 billion multiply-adds. See {@link resnet18}. */
export const resnet34 = /* @__PURE__ */ resnetBuilder(() => basic('resnet34', [3, 4, 6, 3]));

/** ResNet-50: 25,636,712 parameters in Keras' flavour, 3.86 billion multiply-adds (4.09 in torchvision's). See {@link resnet18}. */
export const resnet50 = /* @__PURE__ */ resnetBuilder(() => bottleneck('resnet50', [3, 4, 6, 3]));

/** ResNet-101: 44,707,176 parameters in Keras' flavour, 7.57 billion multiply-adds. See {@link resnet18}. */
export const resnet101 = /* @__PURE__ */ resnetBuilder(() => bottleneck('resnet101', [3, 4, 23, 3]));

/** ResNet-152: 60,419,944 parameters in Keras' flavour, 11.28 billion multiply-adds. See {@link resnet18}. */
export const resnet152 = /* @__PURE__ */ resnetBuilder(() => bottleneck('resnet152', [3, 8, 36, 3]));

/** Wide ResNet-50-2 (Zagoruyko and Komodakis 2016): ResNet-50 with inner convolutions twice as wide, torchvision's flavour. */
export const wideResnet50 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('wide_resnet50_2', [3, 4, 6, 3]),
  widthFactor: 2,
  variant: 'torchvision',
}));

/** Wide ResNet-101-2: ResNet-101 with inner convolutions twice as wide, torchvision's flavour. */
export const wideResnet101 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('wide_resnet101_2', [3, 4, 23, 3]),
  widthFactor: 2,
  variant: 'torchvision',
}));

/**
 * ResNeXt-50 32x4d (Xie et al. 2017): ResNet-50 with inner convolutions twice as wide, in 32 groups; 25,028,904 trained parameters,
 * torchvision's flavour. `squeezeReduction: 16` makes timm's `seresnext50_32x4d` of it.
 *
 * Its grouped convolutions are of stock layers: `groupedConvolution` of '@zoo/core'. They want a known height and width.
 */
export const resnext50 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('resnext50_32x4d', [3, 4, 6, 3]),
  widthFactor: 2,
  groups: 32,
  variant: 'torchvision',
}));

/** SE-ResNet-50 (Hu et al. 2018): ResNet-50 with squeeze-and-excitation gates, torchvision's flavour. */
export const seResnet50 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('se_resnet50', [3, 4, 6, 3]),
  squeezeReduction: 16,
  variant: 'torchvision',
}));
