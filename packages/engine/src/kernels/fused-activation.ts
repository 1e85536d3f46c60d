import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

import type { KernelCall } from './kernel-call';

/** Activations that products apply to their sums at once. */
export type ProductActivation = 'linear' | 'relu' | 'relu6';

/** Activations that TensorFlow.js' fused operations take, by the kernel that applies each to a whole tensor. */
const ACTIVATION_KERNELS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** What a fused operation computes with: an engine's kernel context. */
interface ActivationContext {
  /** What errors call the engine. */
  readonly engineTitle: string;
  /** The backend's name in TensorFlow.js. */
  readonly backendName: string;
  readonly backend: object;
  /** Frees a tensor that the kernel made for itself. */
  release(tensor: tf.TensorInfo): void;
}

/**
 * What `product` computes with the activation that a fused call asks for: within the product where it can (ReLU, ReLU6), by a
 * pass of TensorFlow.js' own kernel over its output where not.
 */
export function withActivation(
  context: ActivationContext,
  call: KernelCall,
  product: (activation: ProductActivation) => tf.TensorInfo | undefined,
): tf.TensorInfo | undefined {
  const { activation, leakyreluAlpha } = call.attrs as { activation?: string; leakyreluAlpha?: number };
  if (activation === undefined || activation === 'linear') return product('linear');
  if (activation === 'relu' || activation === 'relu6') return product(activation);
  const kernelName = ACTIVATION_KERNELS[activation];
  if (kernelName === undefined) {
    throw new ZooError(
      'unsupported',
      `The ${context.engineTitle} engine has no fused activation '${activation}'. Apply it in a layer of its own.`,
    );
  }
  const x = product('linear');
  if (x === undefined) return undefined;
  const output = tf.getKernel(kernelName, context.backendName).kernelFunc({
    inputs: { x, alpha: call.inputs.preluActivationWeights! },
    backend: context.backend,
    attrs: { alpha: leakyreluAlpha ?? 0 },
  });
  context.release(x);
  return output as tf.TensorInfo;
}
