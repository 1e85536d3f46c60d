import * as tf from '@tensorflow/tfjs-core';
import { logitsOfProbabilities, softmaxCrossEntropy, type HeadKind } from '@zoo/core';

import { binaryCrossEntropy } from '../loss/binary-cross-entropy';

import { indexOfMaximum } from './ranked-classes';

/** How the logits of a kind of head are read and measured. One class of several holds, or, of a multi-label head, any number of them. */
export interface Scoring {
  /** [size, classes] -> [size, classes] */
  probabilities(logits: tf.Tensor2D): tf.Tensor2D;
  /** The logits of which these are the probabilities. [size, classes] */
  logits(probabilities: tf.Tensor2D): tf.Tensor2D;
  /** Plain cross-entropy of each example, over the classes or the mean of each class's own. [size] */
  losses(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Tensor1D;
  /**
   * Right answers, added up over the examples: 1 for an example whose most probable class is the true one; of a multi-label head the
   * share of classes that are on the right side of one half (Keras' binary accuracy). []
   */
  countCorrect(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar;
  /** The same of one example, whose values begin at `start`, on the host. */
  rightShare(example: HostScores, start: number): number;
}

/** Values of some examples on the host. [size * classes] */
interface HostScores {
  readonly probabilities: Float32Array;
  readonly labels: Float32Array;
  readonly classes: number;
}

const OF_ONE_CLASS: Scoring = {
  probabilities: (logits) => tf.softmax(logits),
  logits: (probabilities) => logitsOfProbabilities('softmax', probabilities),
  losses: softmaxCrossEntropy,
  countCorrect: (logits, labels) =>
    tf.tidy(() => tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), tf.argMax(labels, 1)), 'float32'))),
  rightShare: ({ probabilities, labels, classes }, start) =>
    indexOfMaximum(probabilities, start, classes) === indexOfMaximum(labels, start, classes) ? 1 : 0,
};

const OF_EACH_CLASS: Scoring = {
  probabilities: (logits) => tf.sigmoid(logits),
  logits: (probabilities) => logitsOfProbabilities('multiLabel', probabilities),
  losses: (logits, labels) => tf.tidy(() => tf.mean(binaryCrossEntropy(logits, labels), 1)),
  countCorrect: (logits, labels) =>
    tf.tidy(() => {
      const isRight = tf.equal(tf.greater(logits, 0), tf.greater(labels, 0.5));
      return tf.div(tf.sum(tf.cast(isRight, 'float32')), logits.shape[1]);
    }),
  rightShare: ({ probabilities, labels, classes }, start) => {
    let right = 0;
    for (let index = start; index < start + classes; index++) {
      if (probabilities[index]! > 0.5 === labels[index]! > 0.5) right += 1;
    }
    return right / classes;
  },
};

/** How a head's logits are measured; a head of one unit has two logits, as `logitsOf` gives them. */
export function scoringOf(kind: HeadKind): Scoring {
  return kind === 'multiLabel' ? OF_EACH_CLASS : OF_ONE_CLASS;
}
