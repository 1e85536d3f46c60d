import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, expectNumber, softmaxCrossEntropy } from '@zoo/core';

/** How the training loss differs from plain cross-entropy. */
export interface ClassificationLossOptions {
  /**
   * Share of each label that is spread evenly over all classes, in [0, 1): Szegedy et al., "Rethinking the Inception
   * Architecture for Computer Vision", section 7. Default 0.
   */
  labelSmoothing?: number;
  /** What the loss of an example is multiplied by, for each class; soft labels weigh in by their shares. Default 1 for all. */
  classWeights?: readonly number[];
}

/** The losses of a batch's examples: logits and labels [size, classes] -> [size]. */
export type ClassificationLoss = (logits: tf.Tensor2D, labels: tf.Tensor2D) => tf.Tensor1D;

/** Softmax cross-entropy with label smoothing and class weights, for `classes` classes. */
export function classificationLoss(
  { labelSmoothing = 0, classWeights }: ClassificationLossOptions,
  classes: number,
): ClassificationLoss {
  expectNumber('options.labelSmoothing', labelSmoothing, { minimum: 0, maximum: 1, exclusiveMaximum: true });
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
