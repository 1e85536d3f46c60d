import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { softmaxCrossEntropy } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('softmaxCrossEntropy', () => {
  it("equals TensorFlow.js' own loss, example by example", () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([2, -1, 0.5, 0, 3, 1], [2, 3]);
      const labels = tf.tensor2d([0.9, 0.05, 0.05, 0, 0, 1], [2, 3]);
      const expected = tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0, tf.Reduction.NONE);
      const difference = tf.max(tf.abs(tf.sub(softmaxCrossEntropy(logits, labels), expected)));
      expect(difference.dataSync()[0]).toBeLessThan(1e-6);
    });
  });

  it('has the gradient softmax - labels, weighted by what follows', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([2, -1, 0.5, 0, 3, 1], [2, 3]);
      const labels = tf.tensor2d([1, 0, 0, 0, 0.5, 0.5], [2, 3]);
      const weights = tf.tensor1d([2, -3]);
      const gradient = tf.grad((x) => tf.sum(tf.mul(softmaxCrossEntropy(x as tf.Tensor2D, labels), weights)))(
        logits,
      );
      const expected = tf.mul(tf.sub(tf.softmax(logits), labels), tf.reshape(weights, [2, 1]));
      expect(tf.max(tf.abs(tf.sub(gradient, expected))).dataSync()[0]).toBeLessThan(1e-6);
    });
  });

  it('stays finite for logits that a naive softmax overflows on', () => {
    tf.tidy(() => {
      const loss = softmaxCrossEntropy(tf.tensor2d([[1e4, -1e4]]), tf.tensor2d([[0, 1]]));
      expect(loss.dataSync()[0]).toBeCloseTo(2e4, 0);
    });
  });
});
