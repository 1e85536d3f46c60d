import * as tf from '@tensorflow/tfjs-core';

/**
 * The cross-entropy of every class by itself, from logits, with its gradient with respect to them (`sigmoid - labels`); stable for
 * logits of any size.
 *
 * @param logits [size, classes]
 * @param labels Probabilities in [0, 1], each on its own; no gradient flows into them. [size, classes]
 * @returns The caller's. [size, classes]
 */
export function binaryCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const targets = tf.cast(labels, 'float32');
    const crossEntropy = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
      const [values, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
      // Made now, because targets may be disposed when the run continues.
      save([tf.sub(tf.sigmoid(values), targets)]);
      const value = tf.add(
        tf.sub(tf.relu(values), tf.mul(values, targets)),
        tf.log1p(tf.exp(tf.neg(tf.abs(values)))),
      );
      return {
        value,
        gradFunc: (dy: tf.Tensor, [gradient]: tf.Tensor[]) => tf.mul(dy, gradient!),
      };
    });
    return crossEntropy(logits) as tf.Tensor2D;
  });
}
