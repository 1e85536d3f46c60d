import * as tf from '@tensorflow/tfjs-core';
// It registers all of tfjs's gradients when it loads; loaded later, it would replace ours.
import '@tensorflow/tfjs-layers';
import { completeTensorMethods, FUSED_KERNELS } from '@zoo/core';

import { averagePoolGradient } from './average-pool-gradient';
import { matMulGradient } from './mat-mul-gradient';

/** Backends whose gradient kernels, the zoo's own, take dilations. */
const DILATING_BACKENDS = ['wasm', 'webgpu'];

let registered = false;

/**
 * Replaces five of tfjs's gradients, for every model in the process; once, however often it is called.
 *
 * ReLU: from its output in one kernel where the backend has it, instead of a step, a cast and a product from its input; the input
 * then need not be kept. Conv2D and its depthwise form: with dilations, which tfjs refuses, where the backend's gradient kernels take
 * them. On other backends all of these compute what tfjs's own do. AvgPool: right in the padding, on every backend. BatchMatMul: of the
 * operands' shapes where batches are broadcast, which tfjs refuses.
 */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  completeTensorMethods();
  replaceGradient({ kernelName: 'Relu', outputsToSave: [true], gradFunc: reluGradient });
  allowDilations('Conv2D');
  allowDilations('DepthwiseConv2dNative');
  replaceGradient({
    kernelName: 'AvgPool',
    inputsToSave: ['x'],
    gradFunc: averagePoolGradient(tf.getGradient('AvgPool').gradFunc),
  });
  replaceGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: matMulGradient(tf.getGradient('BatchMatMul').gradFunc),
  });
}

function replaceGradient(config: tf.GradConfig): void {
  tf.unregisterGradient(config.kernelName);
  tf.registerGradient(config);
}

const reluGradient: tf.GradFunc = (dy, saved) => {
  const gradient = dy as tf.Tensor;
  const y = saved[0]!;
  return {
    x: () =>
      hasKernel(FUSED_KERNELS.reluGrad)
        ? run(FUSED_KERNELS.reluGrad, { dy: gradient, y })
        : tf.mul(gradient, tf.step(y)),
  };
};

function isDilated(attrs: tf.NamedAttrMap): boolean {
  const { dilations } = attrs as { dilations?: number | number[] };
  return ([dilations ?? 1] as (number | number[])[]).flat().some((dilation) => dilation !== 1);
}

/** Lets a convolution's gradient have dilations where its kernels, named after it, take them. */
function allowDilations(kernelName: string): void {
  const stock = tf.getGradient(kernelName).gradFunc;
  const dilated = (dy: tf.Tensor, [x, filter]: tf.Tensor[], attrs: tf.NamedAttrMap) => ({
    x: () => run(`${kernelName}BackpropInput`, { dy, filter: filter! }, { ...attrs, inputShape: x!.shape }),
    filter: () => run(`${kernelName}BackpropFilter`, { x: x!, dy }, { ...attrs, filterShape: filter!.shape }),
  });
  replaceGradient({
    kernelName,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dy, saved, attrs) =>
      isDilated(attrs) && DILATING_BACKENDS.includes(tf.getBackend())
        ? dilated(dy as tf.Tensor, saved, attrs)
        : stock(dy, saved, attrs),
  });
}

function hasKernel(name: string): boolean {
  // The declared type excludes undefined, but an unregistered kernel is undefined at run time.
  return (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

function run(name: string, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap = {}): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(name, inputs, attrs);
}
