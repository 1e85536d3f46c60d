import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS } from '@zoo/core';

/**
 * Registers a gradient of ReLU that is one pass over the output, where the current backend has that kernel.
 *
 * TensorFlow.js' own multiplies by a mask made from the input, several passes on most backends. Gradients are registered for
 * all backends at once, so this one falls back on the stock operations; it keeps the output, which the next layer keeps too,
 * and lets the input go.
 */
export function registerReluGradient(): void {
  tf.registerGradient({
    kernelName: tf.Relu,
    outputsToSave: [true],
    gradFunc: (dy, saved) => {
      const y = saved[0]!;
      const isFused = (tf.getKernel(FUSED_KERNELS.reluGrad, tf.getBackend()) as unknown) != null;
      return {
        x: () =>
          isFused
            ? tf.engine().runKernel<tf.Tensor>(FUSED_KERNELS.reluGrad, { dy: dy as tf.Tensor, y })
            : tf.mul(dy as tf.Tensor, tf.step(y)),
      };
    },
  });
}
