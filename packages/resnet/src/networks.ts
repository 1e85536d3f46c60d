import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  basicBlock,
  bottleneckBlock,
  preActivationBasicBlock,
  preActivationBottleneckBlock,
} from '@zoo/core';

import { type Architecture } from './builder/architecture';
import { buildResNet } from './builder/build-resnet';
import type { AnyResNetOptions, PretrainedResNetOptions, ResNetOptions } from './builder/options';
import { type Variant, VARIANTS } from './builder/variants';

/** A builder of one network: the model at once or, with `weights`, a promise of it. */
export interface ResNetBuilder {
  /**
   * The network with values drawn at random.
   *
   * @param options Those of keras.applications in camelCase, and more.
   * @returns A model from [batch, 224, 224, 3] to [batch, 1000], by default; the caller's to dispose.
   * @throws ArgumentError for what keras.applications refuses too, for an unknown option and for one out of range.
   */
  (options?: ResNetOptions): tfl.LayersModel;
  /**
   * The network with the values of published weights or of a file: from Keras' cache, from the zoo's, or downloaded and verified.
   *
   * The metadata of a network with published weights say what pixels it reads: `modelMetadata(model).normalization`.
   *
   * @throws (rejects) ArgumentError as above and where nothing is published for the network; ZooError 'download' where the file can't be
   *   had, 'weights-mismatch' or 'invalid-file' where it does not fit.
   */
  (options: PretrainedResNetOptions): Promise<tfl.LayersModel>;
  /** Either, where `weights` may be null or not: `await` takes both. */
  (options?: AnyResNetOptions): tfl.LayersModel | Promise<tfl.LayersModel>;
}

/** A builder of several networks, chosen by a depth or name; see {@link ResNetBuilder}. */
export interface ResNetBuilderBy<Key> {
  /** The network with values drawn at random. */
  (key: Key, options?: ResNetOptions): tfl.LayersModel;
  /** The network with the values of published weights or of a file. */
  (key: Key, options: PretrainedResNetOptions): Promise<tfl.LayersModel>;
  /** Either, where `weights` may be null or not: `await` takes both. */
  (key: Key, options?: AnyResNetOptions): tfl.LayersModel | Promise<tfl.LayersModel>;
}

/** A builder that knows the row of data it builds from. */
export interface DescribedBuilder extends ResNetBuilder {
  /** @internal */
  readonly architecture: () => Architecture;
}

/** The builder of the network that `architecture` describes; it is asked for when a network is built, so that an unused one costs nothing. */
export function resnetBuilder(architecture: () => Architecture): DescribedBuilder {
  const build = ((options) => buildOrLoad(architecture(), options)) as ResNetBuilder;
  return Object.assign(build, { architecture });
}

/** Builds a network, at once or with weights. */
export function buildOrLoad(
  architecture: Architecture,
  options: AnyResNetOptions = {},
): tfl.LayersModel | Promise<tfl.LayersModel> {
  if ((options.weights ?? null) === null) return buildResNet(architecture, options);
  return loadResNet(architecture, options as PretrainedResNetOptions);
}

/** The catalogue and the readers of weight files come in a piece of their own: who builds without weights never loads it. */
async function loadResNet(
  architecture: Architecture,
  options: PretrainedResNetOptions,
): Promise<tfl.LayersModel> {
  const { buildPretrained } = await import('./loading');
  return buildPretrained(architecture, options);
}

/** Filters of the four stages of networks for ImageNet (He et al. 2016, table 1). */
export const FILTERS = [64, 128, 256, 512] as const;

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
 * ResNet-18 (He et al. 2016, table 1): 11,703,912 parameters in Keras' variant with 1000 classes, 1.81 billion multiply-adds.
 *
 * What it takes, returns and throws: {@link ResNetBuilder}.
 */
export const resnet18 = /* @__PURE__ */ resnetBuilder(() => basic('resnet18', [2, 2, 2, 2]));

/**
 * ResNet-10: one block per stage, 5,427,432 parameters in Keras' variant, 0.89 billion multiply-adds; for small pictures and short
 * training. It is not in the paper but in common use (timm, MXNet). See {@link resnet18}.
 */
export const resnet10 = /* @__PURE__ */ resnetBuilder(() => basic('resnet10', [1, 1, 1, 1]));

/**
 * ResNet-18-D with 48, 96, 176 and 352 filters, 5.4 million parameters with ten classes: zoo's own, for training from scratch on a CPU. Its
 * weights take 10.8 MB as float16. See {@link resnet18}.
 */
export const slimResnet18 = /* @__PURE__ */ resnetBuilder(() => ({
  ...basic('slim_resnet18', [2, 2, 2, 2]),
  filters: [48, 96, 176, 352],
  stemFilters: 48,
  onlyVariant: VARIANTS.resnetD,
}));

/** ResNet-34: 21,823,208 parameters in Keras' variant, 3.66 billion multiply-adds. See {@link resnet18}. */
export const resnet34 = /* @__PURE__ */ resnetBuilder(() => basic('resnet34', [3, 4, 6, 3]));

/** ResNet-50: 25,636,712 parameters in Keras' variant, 3.86 billion multiply-adds (4.09 in torchvision's). See {@link resnet18}. */
export const resnet50 = /* @__PURE__ */ resnetBuilder(() => bottleneck('resnet50', [3, 4, 6, 3]));

/** ResNet-101: 44,707,176 parameters in Keras' variant, 7.57 billion multiply-adds. See {@link resnet18}. */
export const resnet101 = /* @__PURE__ */ resnetBuilder(() => bottleneck('resnet101', [3, 4, 23, 3]));

/** ResNet-152: 60,419,944 parameters in Keras' variant, 11.28 billion multiply-adds. See {@link resnet18}. */
export const resnet152 = /* @__PURE__ */ resnetBuilder(() => bottleneck('resnet152', [3, 8, 36, 3]));

/** Wide ResNet-50-2 (Zagoruyko and Komodakis 2016): ResNet-50 with inner convolutions twice as wide, torchvision's variant. */
export const wideResnet50 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('wide_resnet50_2', [3, 4, 6, 3]),
  widthFactor: 2,
  variant: 'torchvision',
}));

/** Wide ResNet-101-2: ResNet-101 with inner convolutions twice as wide, torchvision's variant. */
export const wideResnet101 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('wide_resnet101_2', [3, 4, 23, 3]),
  widthFactor: 2,
  variant: 'torchvision',
}));

/**
 * ResNeXt-50 32x4d (Xie et al. 2017): ResNet-50 with inner convolutions twice as wide, in 32 groups; 25,028,904 trained parameters,
 * torchvision's variant. With `squeezeReduction: 16` it is timm's `seresnext50_32x4d`.
 *
 * Its grouped convolutions are layers of '@zoo/core', `groupedConvolutionLayer`, with kernels in the wasm, webgpu and tensorflow engines.
 */
export const resnext50 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('resnext50_32x4d', [3, 4, 6, 3]),
  widthFactor: 2,
  groups: 32,
  variant: 'torchvision',
}));

/** SE-ResNet-50 (Hu et al. 2018): ResNet-50 with squeeze-and-excitation gates, torchvision's variant. */
export const seResnet50 = /* @__PURE__ */ resnetBuilder(() => ({
  ...bottleneck('se_resnet50', [3, 4, 6, 3]),
  squeezeReduction: 16,
  variant: 'torchvision',
}));

const v2 = (name: string, blocks: readonly number[]): Architecture => ({
  name,
  block: preActivationBottleneckBlock,
  expansion: 4,
  blocks,
  filters: FILTERS,
  onlyVariant: { ...VARIANTS.keras, strideIn: 'second', normalization: 'tf' },
  preActivation: { strideAt: 'last', stemNorm: false, inputNorm: false, projectFirst: false },
});

/**
 * ResNet-50 V2 (He et al. 2016b; keras/src/applications/resnet_v2.py): pre-activation, 25,613,800 parameters.
 *
 * @param options As for {@link resnet18}; its one variant is Keras'.
 */
export const resnet50v2 = /* @__PURE__ */ resnetBuilder(() => v2('resnet50v2', [3, 4, 6, 3]));

/** ResNet-101 V2: 44,675,560 parameters. See {@link resnet50v2}. */
export const resnet101v2 = /* @__PURE__ */ resnetBuilder(() => v2('resnet101v2', [3, 4, 23, 3]));

/** ResNet-152 V2: 60,380,648 parameters. See {@link resnet50v2}. */
export const resnet152v2 = /* @__PURE__ */ resnetBuilder(() => v2('resnet152v2', [3, 8, 36, 3]));

/** The variant of MXNet's networks and their port to Keras. */
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
  filters: FILTERS,
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

/** The paper's depths, for lists and suggestions; any 6n + 2 can be built. */
export const CIFAR_DEPTHS = [20, 32, 44, 56, 110, 1202] as const;

/** The paper's depths, for lists and suggestions; any 9n + 2 can be built. */
export const PRE_ACTIVATION_CIFAR_DEPTHS = [164, 1001] as const;

/**
 * A network of the paper's CIFAR family (He et al. 2016, section 4.2): depth 6n + 2, three stages of 16, 32 and 64 channels.
 *
 * Defaults: 32 x 32 x 3 pictures, 10 classes, shortcut A (zero channels behind, as in fb.resnet.torch), no convolution bias, He's normal
 * draws. `shortcut: 'none'` makes the plain network of the degradation experiment (figure 1).
 *
 * @param depth 20, 32, 44, 56, 110, 1202 or any other 6n + 2.
 * @param options As for {@link resnet18}; with a file of weights the builder returns a promise.
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
 * A pre-activation network for CIFAR (He et al. 2016b, table 4; KaimingHe/resnet-1k-layers): depth 9n + 2, bottlenecks of 16, 32 and 64.
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
