import * as tf from '@tensorflow/tfjs-core';

/**
 * A matrix product's gradient, summed over the batches that an operand was broadcast to.
 *
 * TensorFlow.js returns the broadcast shape, and its tape then refuses it.
 */
export function matMulGradient(stock: tf.GradFunc): tf.GradFunc {
  return (dy, saved, attrs) => {
    const { a, b } = stock(dy, saved, attrs);
    const [aShape, bShape] = saved.map(({ shape }) => shape);
    return { a: () => summedTo(a!(), aShape!), b: () => summedTo(b!(), bShape!) };
  };
}

function summedTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}
