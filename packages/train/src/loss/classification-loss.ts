import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, expectNumber, softmaxCrossEntropy, type HeadKind } from '@zoo/core';
import type { ReadOptions } from '@zoo/core/options';

import type { CLASSIFICATION_LOSS_OPTIONS } from '../fit-options';

import { binaryCrossEntropy } from './binary-cross-entropy';

/** The losses of a batch's examples: logits and labels [size, classes] -> [size]. */
export type ClassificationLoss = (logits: tf.Tensor2D, labels: tf.Tensor2D) => tf.Tensor1D;

type LossOptions = Omit<ReadOptions<typeof CLASSIFICATION_LOSS_OPTIONS>, 'sampleWeights'>;

/** Keras' bound on probabilities, so that no power of nothing is differentiated. */
const SMALLEST = 1e-7;

/**
 * Cross-entropy over all classes or of each by itself, with label smoothing, class weights and focus on hard examples.
 *
 * @param kind What the logits are: a multi-label head's stand each for itself.
 * @throws ArgumentError for options that do not fit the head or its number of classes.
 */
export function classificationLoss(
  options: LossOptions,
  classes: number,
  kind: HeadKind = 'softmax',
): ClassificationLoss {
  const { labelSmoothing, classWeights, focal } = options;
  const isBinary = isBinaryLoss(options, kind);
  expectClassWeights(classWeights, classes);
  // Keras' rule for independent classes, the paper's where exactly one class is true.
  const evenShare = kind === 'multiLabel' ? 0.5 : 1 / classes;
  return (logits, labels) =>
    tf.tidy(() => {
      const targets: tf.Tensor2D =
        labelSmoothing === 0
          ? labels
          : tf.add(tf.mul(labels, 1 - labelSmoothing), labelSmoothing * evenShare);
      const weights = classWeights && tf.tensor1d([...classWeights]);
      if (!isBinary) {
        const losses = focal
          ? focalCrossEntropy(logits, targets, focal)
          : softmaxCrossEntropy(logits, targets);
        return weights === undefined ? losses : tf.mul(losses, exampleWeights(labels, weights));
      }
      const terms = binaryCrossEntropy(logits, targets);
      const focused = focal ? tf.mul(terms, binaryFocus(logits, targets, focal)) : terms;
      if (weights === undefined) return tf.mean(focused, 1);
      return kind === 'multiLabel'
        ? tf.mean(tf.mul(focused, weights), 1)
        : tf.mul(tf.mean<tf.Tensor1D>(focused, 1), exampleWeights(labels, weights));
    });
}

/** True where each class has its own cross-entropy. The two logits of a head of one unit are a softmax's, which is its sigmoid. */
function isBinaryLoss({ loss, focal }: LossOptions, kind: HeadKind): boolean {
  if (kind === 'multiLabel' && loss === 'crossEntropy') {
    throw new ArgumentError(
      'options.loss',
      "'binaryCrossEntropy' for a multi-label head",
      loss,
      'Give the model a softmax if one class alone is true.',
    );
  }
  const isBinary = kind === 'multiLabel' || (kind === 'softmax' && loss === 'binaryCrossEntropy');
  if (!isBinary && focal?.alpha !== undefined) {
    throw new ArgumentError(
      'options.focal.alpha',
      'no alpha without binaryCrossEntropy',
      focal.alpha,
      'Weigh the classes by classWeights.',
    );
  }
  return isBinary;
}

function expectClassWeights(classWeights: readonly number[] | undefined, classes: number): void {
  if (classWeights !== undefined && classWeights.length !== classes) {
    throw new ArgumentError('options.classWeights', `${classes} numbers, one per class,`, classWeights);
  }
  classWeights?.forEach((weight, index) =>
    expectNumber(`options.classWeights[${index}]`, weight, { minimum: 0 }),
  );
}

/** What each example's loss is multiplied by: its classes' weights by their shares. [size] */
function exampleWeights(labels: tf.Tensor2D, weights: tf.Tensor1D): tf.Tensor1D {
  return tf.sum(tf.mul(labels, weights), 1);
}

type Focal = NonNullable<LossOptions['focal']>;

function focalCrossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D, { gamma }: Focal): tf.Tensor1D {
  const logarithms = tf.logSoftmax(logits);
  const focus = power(tf.sub(1, tf.exp(logarithms)), gamma);
  return tf.neg(tf.sum<tf.Tensor1D>(tf.mul(tf.mul(targets, logarithms), focus), 1));
}

/** What each class's cross-entropy is multiplied by. [size, classes] */
function binaryFocus(logits: tf.Tensor2D, targets: tf.Tensor2D, { gamma, alpha }: Focal): tf.Tensor {
  const probabilities = tf.sigmoid(logits);
  const others = tf.sub(1, targets);
  const wrong = tf.add(tf.mul(targets, tf.sub(1, probabilities)), tf.mul(others, probabilities));
  const focus = power(wrong, gamma);
  if (alpha === undefined) return focus;
  return tf.mul(focus, tf.add(tf.mul(targets, alpha), tf.mul(others, 1 - alpha)));
}

function power(shares: tf.Tensor, exponent: number): tf.Tensor {
  return exponent === 0 ? tf.onesLike(shares) : tf.pow(tf.clipByValue(shares, SMALLEST, 1), exponent);
}
