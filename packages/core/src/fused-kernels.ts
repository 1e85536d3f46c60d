import * as tf from '@tensorflow/tfjs-core';

import type { UpdateRule } from './update-rule';

/**
 * Inputs, attributes and outputs of the kernels that zoo trains with and TensorFlow.js does not have. All tensors are float32, channels
 * last. `@zoo/engine` implements them once per engine; the compiler checks callers and engines against these types.
 *
 * @typeParam Tensor What callers hold, `tf.Tensor`; engines see `tf.TensorInfo`.
 */
export interface FusedKernels<Tensor extends tf.TensorInfo = tf.TensorInfo> {
  /** Batch normalisation by the batch's own statistics. */
  batchNorm: {
    /** x [..., C], scale and offset [C]. */
    inputs: { readonly x: Tensor; readonly scale: Tensor; readonly offset: Tensor };
    attributes: { readonly epsilon: number };
    /**
     * y [..., C], the mean and the biased variance (divided by n) [C], and what the gradient needs, 1 / sqrt(variance + epsilon) [C], after
     * which an engine may keep more.
     */
    outputs: [y: Tensor, batchMean: Tensor, batchVariance: Tensor, reserve: Tensor];
  };
  /** The same, which also moves averages in place: `average += (1 - momentum) * (statistic - average)`, of the variance times n / (n - 1). */
  batchNormMoving: {
    inputs: FusedKernels<Tensor>['batchNorm']['inputs'] & {
      readonly movingMean: Tensor;
      readonly movingVariance: Tensor;
    };
    attributes: { readonly epsilon: number; readonly momentum: number };
    outputs: [y: Tensor, batchMean: Tensor, reserve: Tensor];
  };
  /** The gradient of both. */
  batchNormGrad: {
    /** dy and x [..., C], the others [C]. */
    inputs: {
      readonly dy: Tensor;
      readonly x: Tensor;
      readonly scale: Tensor;
      readonly batchMean: Tensor;
      readonly reserve: Tensor;
    };
    attributes: { readonly epsilon: number };
    outputs: [dx: Tensor, dScale: Tensor, dOffset: Tensor];
  };
  /** The gradient of ReLU from its output y: dy where y > 0, else 0. */
  reluGrad: {
    inputs: { readonly dy: Tensor; readonly y: Tensor };
    attributes: NoAttributes;
    outputs: Tensor;
  };
  /** The end of a residual branch, for inference: it has no gradient. */
  convolutionAdd: {
    /** x [N, H, W, C], filter [h, w, C, D], bias [D], addend [N, H', W', D]; the caller gives up the addend's values. */
    inputs: { readonly x: Tensor; readonly filter: Tensor; readonly bias: Tensor; readonly addend: Tensor };
    /** As `tf.conv2d` takes them, and what follows the sum. */
    attributes: {
      readonly strides: [number, number] | number;
      readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
      readonly dilations: [number, number] | number;
      readonly activation: 'linear' | 'relu';
    };
    /** activation(convolution + bias + addend); may lie where the addend lay. */
    outputs: Tensor;
  };
  /** A grouped convolution (Xie et al. 2017): each group of channels is convolved with its own filter. */
  groupedConvolution: {
    /** x [N, H, W, C], filter [h, w, C / groups, D], as Keras has it. */
    inputs: { readonly x: Tensor; readonly filter: Tensor };
    attributes: GroupedConvolutionAttributes;
    /** [N, H', W', D] */
    outputs: Tensor;
  };
  /** Its gradient with respect to its input. */
  groupedConvolutionInputGrad: {
    inputs: { readonly dy: Tensor; readonly filter: Tensor };
    attributes: GroupedConvolutionAttributes & { readonly inputShape: readonly number[] };
    /** [N, H, W, C] */
    outputs: Tensor;
  };
  /** Its gradient with respect to its filter. */
  groupedConvolutionFilterGrad: {
    inputs: { readonly x: Tensor; readonly dy: Tensor };
    attributes: GroupedConvolutionAttributes & { readonly filterShape: readonly number[] };
    /** [h, w, C / groups, D] */
    outputs: Tensor;
  };
  /** Softmax cross-entropy with its gradient in one pass. */
  softmaxCrossEntropy: {
    /** Both [N, K]. */
    inputs: { readonly logits: Tensor; readonly labels: Tensor };
    attributes: NoAttributes;
    /** The loss of each example [N], and its gradient with respect to the logits [N, K], softmax - labels. */
    outputs: [loss: Tensor, gradient: Tensor];
  };
  /** SGD with momentum, for all weights in one call: `gradient += weightDecay * weight` first, as PyTorch and the papers do. */
  sgdUpdate: {
    /** n weights, n gradients, n velocities, in this order. */
    inputs: readonly Tensor[];
    attributes: UpdateAttributes & { readonly momentum: number; readonly nesterov: boolean };
    /** None where weights and velocities were updated in place; else the n new weights and n new velocities. */
    outputs: Tensor[];
  };
  /** AdamW, with decoupled weight decay, for all weights in one call. */
  adamWUpdate: {
    /** n weights, n gradients, n first and n second moments, in this order. */
    inputs: readonly Tensor[];
    attributes: UpdateAttributes & {
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      /** From 1. */
      readonly step: number;
    };
    /** None where weights and moments were updated in place; else the new ones, in the order of the inputs. */
    outputs: Tensor[];
  };
  /** A step of any rule that is given as formulas, for all weights in one call. */
  ruleUpdate: {
    /** n weights, n gradients, n tensors of the first state, n of the second and so on, then the numbers that all weights share, []. */
    inputs: readonly Tensor[];
    attributes: {
      /** One for each weight; weights with the same rule have the same object. */
      readonly rules: readonly UpdateRule[];
    };
    /** None where weights and state were updated in place; else the new ones, in the order of the inputs. */
    outputs: Tensor[];
  };
}

type NoAttributes = Readonly<Record<string, never>>;

interface GroupedConvolutionAttributes {
  readonly groups: number;
  readonly strides: [number, number];
  readonly pad: 'valid' | 'same';
  readonly dilations: [number, number];
}

interface UpdateAttributes {
  readonly learningRate: number;
  /** One for each weight. */
  readonly weightDecays: readonly number[];
  /** What gradients are multiplied by first. */
  readonly gradientScale: number;
}

/**
 * The names under which TensorFlow.js keeps the {@link FusedKernels}.
 *
 * Core calls them if the current backend has them, and uses stock operations otherwise; `@zoo/engine` registers them. Neither imports the
 * other.
 */
export const FUSED_KERNELS = {
  batchNorm: 'ZooBatchNorm',
  batchNormMoving: 'ZooBatchNormMoving',
  batchNormGrad: 'ZooBatchNormGrad',
  reluGrad: 'ZooReluGrad',
  convolutionAdd: 'ZooConvolutionAdd',
  softmaxCrossEntropy: 'ZooSoftmaxCrossEntropy',
  sgdUpdate: 'ZooSgdUpdate',
  adamWUpdate: 'ZooAdamWUpdate',
  ruleUpdate: 'ZooRuleUpdate',
} as const satisfies Readonly<Record<Exclude<keyof FusedKernels, keyof typeof GROUPED_KERNELS>, string>>;

/** The same for grouped convolutions, in a table of its own so that a page whose network has none does not load their names. */
export const GROUPED_KERNELS = {
  groupedConvolution: 'ZooGroupedConvolution',
  groupedConvolutionInputGrad: 'ZooGroupedConvolutionInputGrad',
  groupedConvolutionFilterGrad: 'ZooGroupedConvolutionFilterGrad',
} as const;

type KernelNames = typeof FUSED_KERNELS & typeof GROUPED_KERNELS;

/** A name in {@link FUSED_KERNELS}'s or {@link GROUPED_KERNELS}' values. */
export type FusedKernelName = KernelNames[keyof KernelNames];

type FusedKernelsByName<Tensor extends tf.TensorInfo> = {
  [Key in keyof FusedKernels as KernelNames[Key]]: FusedKernels<Tensor>[Key];
};

/** Inputs, attributes and outputs of the fused kernel of a name. */
export type FusedKernel<
  Name extends FusedKernelName,
  Tensor extends tf.TensorInfo = tf.TensorInfo,
> = FusedKernelsByName<Tensor>[Name];

/** True if the current backend has the fused kernel `name`. */
export function hasFusedKernel(name: FusedKernelName): boolean {
  // The declared type excludes undefined, but an unregistered kernel is undefined at run time.
  return (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

/** Runs a fused kernel of the current backend. */
export function runFusedKernel<Name extends FusedKernelName>(
  name: Name,
  inputs: FusedKernel<Name, tf.Tensor>['inputs'],
  attributes: FusedKernel<Name>['attributes'],
): FusedKernel<Name, tf.Tensor>['outputs'] {
  return tf.engine().runKernel<FusedKernel<Name, tf.Tensor>['outputs']>(
    name,
    // As tf.concat does: a kernel may take an array where TensorFlow.js' types say a map.
    inputs as unknown as tf.NamedTensorMap,
    attributes as unknown as tf.NamedAttrMap,
  );
}
