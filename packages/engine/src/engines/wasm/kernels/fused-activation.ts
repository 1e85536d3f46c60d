import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

import type { KernelContext, TensorInfo } from '../kernel-context';

import type { ProductActivation } from './gathered-product';
import type { KernelCall } from './kernel-definition';

/** Activations that tfjs's fused operations take, by the kernel that applies each to a whole tensor. */
const ACTIVATION_KERNELS: Readonly<Record<string, string>> = {
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/**
 * What `product` computes with the activation that a fused call asks for: within the product where it can (ReLU, ReLU6), by a
 * pass of tfjs's own kernel over its output where not.
 *
 * tfjs's own fused convolution leaves its output unset with ELU, without a word.
 */
export function withActivation(
  context: KernelContext,
  call: KernelCall,
  product: (activation: ProductActivation) => TensorInfo | undefined,
): TensorInfo | undefined {
  const { activation, leakyreluAlpha } = call.attrs as { activation?: string; leakyreluAlpha?: number };
  if (activation === undefined || activation === 'linear') return product('linear');
  if (activation === 'relu' || activation === 'relu6') return product(activation);
  const kernelName = ACTIVATION_KERNELS[activation];
  if (kernelName === undefined) {
    throw new ZooError('unsupported', `The wasm engine has no fused activation '${activation}'.`);
  }
  const x = product('linear');
  if (x === undefined) return undefined;
  const output = tf.getKernel(kernelName, 'wasm').kernelFunc({
    inputs: { x, alpha: call.inputs.preluActivationWeights! },
    backend: context.backend,
    attrs: { alpha: leakyreluAlpha ?? 0 },
  });
  context.backend.disposeData(x.dataId);
  return output as TensorInfo;
}
