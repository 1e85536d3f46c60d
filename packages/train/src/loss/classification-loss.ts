import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, expectNumber, softmaxCrossEntropy } from '@zoo/core';
import type { ReadOptions } from '@zoo/core/options';

import type { CLASSIFICATION_LOSS_OPTIONS } from '../fit-options';

/** The losses of a batch's examples: logits and labels [size, classes] -> [size]. */
export type ClassificationLoss = (logits: tf.Tensor2D, labels: tf.Tensor2D) => tf.Tensor1D;

/** Softmax cross-entropy with label smoothing and class weights, for `classes` classes. */
export function classificationLoss(
  { labelSmoothing, classWeights }: ReadOptions<typeof CLASSIFICATION_LOSS_OPTIONS>,
  classes: number,
): ClassificationLoss {
  if (classWeights !== undefined && classWeights.length !== classes) {
    throw new ArgumentError('options.classWeights', `${classes} numbers, one a class,`, classWeights);
  }
  classWeights?.forEach((weight, index) =>
    expectNumber(`options.classWeights[${index}]`, weight, { minimum: 0 }),
  );
  return (logits, labels) =>
    tf.tidy(() => {
      const targets: tf.Tensor2D =
        labelSmoothing === 0 ? labels : tf.add(tf.mul(labels, 1 - labelSmoothing), labelSmoothing / classes);
      const losses = softmaxCrossEntropy(logits, targets);
      if (classWeights === undefined) return losses;
      const exampleWeights = tf.sum(tf.mul(labels, tf.tensor1d([...classWeights])), 1);
      return tf.mul(losses, exampleWeights);
    });
}
