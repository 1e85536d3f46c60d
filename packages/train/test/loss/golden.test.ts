import * as tf from '@tensorflow/tfjs-core';
import type { HeadKind } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import type { ClassificationLossOptions } from '../../src';
import { classificationLoss } from '../../src/loss/classification-loss';
import { distilledLoss } from '../../src/loss/distillation-loss';
import golden from '../fixtures/losses.json';
import { formula } from '../support/formula';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const LOGITS = [...formula([4, 3], 0.3)].map((value) => 3 * value);
const ONE_HOT = [0, 2, 1, 2].map((label) => [0, 1, 2].map((index) => Number(index === label)));
const SOFT = [
  [0.7, 0.3, 0],
  [0, 0.5, 0.5],
  [0, 1, 0],
  [0.2, 0.2, 0.6],
];
const MULTI_HOT = [
  [1, 1, 0],
  [0, 0, 0],
  [0, 1, 0],
  [1, 1, 1],
];
const WEIGHTS = [1, 2, 0.5];

type Case = readonly [
  name: keyof typeof golden,
  kind: HeadKind,
  options: ClassificationLossOptions,
  labels: number[][],
];

const CASES: readonly Case[] = [
  ['torch cross-entropy, soft labels, smoothed', 'softmax', { labelSmoothing: 0.1 }, SOFT],
  ['torch cross-entropy, weighted classes', 'softmax', { classWeights: WEIGHTS }, ONE_HOT],
  ['torch binary cross-entropy', 'multiLabel', {}, MULTI_HOT],
  ['torch binary cross-entropy, weighted classes', 'multiLabel', { classWeights: WEIGHTS }, MULTI_HOT],
  [
    'timm binary cross-entropy of a softmax head, smoothed',
    'softmax',
    { loss: 'binaryCrossEntropy', labelSmoothing: 0.1 },
    ONE_HOT,
  ],
  ['keras binary cross-entropy, smoothed', 'multiLabel', { labelSmoothing: 0.1 }, MULTI_HOT],
  ['keras categorical focal, smoothed', 'softmax', { focal: { gamma: 2 }, labelSmoothing: 0.1 }, ONE_HOT],
  [
    'keras binary focal, balanced, smoothed',
    'multiLabel',
    { focal: { gamma: 1.5, alpha: 0.25 }, labelSmoothing: 0.1 },
    MULTI_HOT,
  ],
];

function read({ labelSmoothing = 0, classWeights, loss, focal }: ClassificationLossOptions) {
  return {
    ...{ labelSmoothing, classWeights, loss },
    focal: focal && { gamma: focal.gamma ?? 2, alpha: focal.alpha },
  };
}

/** Losses and the gradient of their sum. */
function differentiated(
  loss: (logits: tf.Tensor2D) => tf.Tensor1D,
  logits: tf.Tensor2D,
): { losses: number[]; gradients: number[] } {
  return tf.tidy(() => ({
    losses: [...loss(logits).dataSync()],
    gradients: [
      ...tf
        .grad((values) => tf.sum(loss(values as tf.Tensor2D)))(logits)
        .dataSync(),
    ],
  }));
}

function expectGolden(actual: { losses: number[]; gradients: number[] }, name: keyof typeof golden): void {
  golden[name].losses.forEach((value, index) => expect(actual.losses[index]).toBeCloseTo(value, 5));
  golden[name].gradients.forEach((value, index) => expect(actual.gradients[index]).toBeCloseTo(value, 5));
}

describe('losses and gradients', () => {
  it.each(CASES)('are those of %s', (name, kind, options, labels) => {
    tf.tidy(() => {
      const loss = classificationLoss(read(options), 3, kind);
      const targets = tf.tensor2d(labels);
      expectGolden(
        differentiated((logits) => loss(logits, targets), tf.tensor2d(LOGITS, [4, 3])),
        name,
      );
    });
  });

  it.each([
    ['torch binary cross-entropy of one unit', {}],
    ['torch binary cross-entropy of one unit', { loss: 'binaryCrossEntropy' }],
    ['keras binary focal of one unit', { focal: {} }],
  ] as const)('are those of %s, as two classes, with %j', (name, options) => {
    tf.tidy(() => {
      const loss = classificationLoss(read(options), 2, 'binary');
      const targets = tf.tensor2d(ONE_HOT.map((row) => [1 - row[2]!, row[2]!]));
      const unit = tf.slice2d(tf.tensor2d(LOGITS, [4, 3]), [0, 2], [4, 1]);
      const ofUnit = (logit: tf.Tensor2D): tf.Tensor1D =>
        loss(tf.concat([tf.zerosLike(logit), logit], 1), targets);
      expectGolden(differentiated(ofUnit, unit), name);
    });
  });

  it('are those of torch distillation', () => {
    tf.tidy(() => {
      const loss = classificationLoss(read({}), 3);
      const labels = tf.tensor2d(ONE_HOT);
      const teacher = tf.reverse(tf.tensor2d(LOGITS, [4, 3]), 1);
      const distilled = (logits: tf.Tensor2D): tf.Tensor1D =>
        distilledLoss(loss(logits, labels), logits, teacher, { temperature: 3, share: 0.7 });
      expectGolden(differentiated(distilled, tf.tensor2d(LOGITS, [4, 3])), 'torch distillation');
    });
  });

  it.each([
    [{ loss: 'crossEntropy' }, 'multiLabel', /`options.loss`/],
    [{ focal: { alpha: 0.25 } }, 'softmax', /`options.focal.alpha`.*classWeights/],
    [{ classWeights: [1, 2] }, 'multiLabel', /3 numbers, one per class/],
  ] as const)('refuse %j of a %s head', (options, kind, message) => {
    expect(() => classificationLoss(read(options), 3, kind)).toThrow(message);
  });

  it.each(['softmax', 'multiLabel'] as const)(
    'of a %s head are finite for logits of any size, focal too',
    (kind) => {
      tf.tidy(() => {
        const loss = classificationLoss(read({ focal: { gamma: 0.5 } }), 3, kind);
        const logits = tf.tensor2d([1e4, -1e4, 0, -1e4, 1e4, 0], [2, 3]);
        const targets = tf.tensor2d([1, 0, 0, 1, 0, 0], [2, 3]);
        const { losses, gradients } = differentiated((values) => loss(values, targets), logits);
        expect([...losses, ...gradients].every(Number.isFinite)).toBe(true);
      });
    },
  );
});
