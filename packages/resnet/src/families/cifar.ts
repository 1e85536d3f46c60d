import { ArgumentError, basicBlock, preActivationBottleneckBlock } from '@zoo/core';

import type { Architecture } from '../builder/architecture';
import { buildOrLoad, type ResNetBuilderBy } from '../builder/resnet-builder';
import { VARIANTS } from '../builder/variants';

/** The paper's depths, for lists and suggestions; any 6n + 2 can be built. */
export const CIFAR_DEPTHS = [20, 32, 44, 56, 110, 1202] as const;

/** The paper's depths, for lists and suggestions; any 9n + 2 can be built. */
export const PRE_ACTIVATION_CIFAR_DEPTHS = [164, 1001] as const;

/**
 * A net of the paper's CIFAR family (He et al. 2016, section 4.2): depth 6n + 2, three stages of 16, 32 and 64 channels.
 *
 * Defaults: 32 x 32 x 3 pictures, 10 classes, shortcut A (zero channels behind, as in fb.resnet.torch), no convolution bias, He's
 * normal draws. `shortcut: 'none'` makes the plain net of the degradation experiment (figure 1).
 *
 * @param depth 20, 32, 44, 56, 110, 1202 or any other 6n + 2.
 * @param options As for {@link resnet18}; a file of weights makes a promise of it.
 */
export const cifarResnet = ((depth, options) =>
  buildOrLoad(cifarArchitecture(depth), options)) as ResNetBuilderBy<number>;

/** What {@link cifarResnet} builds, as data. */
export function cifarArchitecture(depth: number): Architecture {
  return {
    name: `resnet${depth}`,
    block: basicBlock,
    expansion: 1,
    shortcut: 'A',
    variant: 'torchvision',
    ...cifarStages(depth, 6, CIFAR_DEPTHS),
  };
}

/**
 * A pre-activation net for CIFAR (He et al. 2016b, table 4; KaimingHe/resnet-1k-layers): depth 9n + 2, bottlenecks of 16, 32 and 64.
 *
 * ResNet-164 has 1,703,258 trained parameters, ResNet-1001 10,327,706; the paper's 1.7 and 10.2 million leave the norms out.
 * Projections where channels change, stride in the first 1x1.
 *
 * @param depth 164, 1001 or any other 9n + 2.
 * @param options As for {@link cifarResnet}.
 */
export const preActivationCifarResnet = ((depth, options) =>
  buildOrLoad(preActivationCifarArchitecture(depth), options)) as ResNetBuilderBy<number>;

/** What {@link preActivationCifarResnet} builds, as data. */
export function preActivationCifarArchitecture(depth: number): Architecture {
  return {
    name: `preactivation_resnet${depth}`,
    block: preActivationBottleneckBlock,
    expansion: 4,
    onlyVariant: { ...VARIANTS.torchvision, strideIn: 'first' },
    preActivation: { strideAt: 'first', stemNorm: false, inputNorm: false, projectFirst: false },
    ...cifarStages(depth, 9, PRE_ACTIVATION_CIFAR_DEPTHS),
  };
}

/** What both families have in common: three equal stages behind a stem that keeps the 32 x 32 pixels. Apart, a bundle holds one. */
function cifarStages(
  depth: number,
  layersPerBlock: 6 | 9,
  paperDepths: readonly number[],
): Omit<Architecture, 'name' | 'block' | 'expansion'> {
  const blocks = (depth - 2) / layersPerBlock;
  if (!Number.isSafeInteger(blocks) || blocks < 1) {
    const expected = `a depth of ${layersPerBlock}n + 2, such as ${paperDepths.join(', ')},`;
    throw new ArgumentError('depth', expected, depth);
  }
  return {
    blocks: [blocks, blocks, blocks],
    filters: [16, 32, 64],
    stem: 'small',
    stemFilters: 16,
    classes: 10,
    imageSize: 32,
    kernelInitializer: 'heNormal',
  };
}
