import type * as tf from '@tensorflow/tfjs';
import { basicBlock, bottleneckBlock } from '@zoo/core';

import type { Architecture } from '../builder/architecture';
import { buildResNet } from '../builder/build-resnet';
import type { ResNetOptions } from '../builder/options';

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
 * @param options Those of keras.applications in camelCase, and more: see {@link ResNetOptions}.
 * @returns A model from [batch, 224, 224, 3] to [batch, 1000], by default; the caller's to dispose.
 * @throws ArgumentError for what keras.applications refuses too, for an unknown option and for one out of range.
 */
export function resnet18(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(basic('resnet18', [2, 2, 2, 2]), options);
}

/**
 * ResNet-10: one block a stage, 5,427,432 parameters in Keras' flavour, 0.89 billion multiply-adds; for small pictures and short
 * trainings. Not in the paper, in common use since (timm, MXNet). See {@link resnet18}.
 */
export function resnet10(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(basic('resnet10', [1, 1, 1, 1]), options);
}

/** ResNet-34: 21,823,208 parameters in Keras' flavour, 3.66 billion multiply-adds. See {@link resnet18}. */
export function resnet34(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(basic('resnet34', [3, 4, 6, 3]), options);
}

/** ResNet-50: 25,636,712 parameters in Keras' flavour, 3.86 billion multiply-adds (4.09 in torchvision's). See {@link resnet18}. */
export function resnet50(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(bottleneck('resnet50', [3, 4, 6, 3]), options);
}

/** ResNet-101: 44,707,176 parameters in Keras' flavour, 7.57 billion multiply-adds. See {@link resnet18}. */
export function resnet101(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(bottleneck('resnet101', [3, 4, 23, 3]), options);
}

/** ResNet-152: 60,419,944 parameters in Keras' flavour, 11.28 billion multiply-adds. See {@link resnet18}. */
export function resnet152(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(bottleneck('resnet152', [3, 8, 36, 3]), options);
}

/** Wide ResNet-50-2 (Zagoruyko and Komodakis 2016): ResNet-50 with inner convolutions twice as wide, torchvision's flavour. */
export function wideResnet50(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(
    { ...bottleneck('wide_resnet50_2', [3, 4, 6, 3]), widthFactor: 2, variant: 'torchvision' },
    options,
  );
}

/** Wide ResNet-101-2: ResNet-101 with inner convolutions twice as wide, torchvision's flavour. */
export function wideResnet101(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(
    { ...bottleneck('wide_resnet101_2', [3, 4, 23, 3]), widthFactor: 2, variant: 'torchvision' },
    options,
  );
}

/** SE-ResNet-50 (Hu et al. 2018): ResNet-50 with squeeze-and-excitation gates, torchvision's flavour. */
export function seResnet50(options: ResNetOptions = {}): tf.LayersModel {
  return buildResNet(
    { ...bottleneck('se_resnet50', [3, 4, 6, 3]), squeezeReduction: 16, variant: 'torchvision' },
    options,
  );
}
