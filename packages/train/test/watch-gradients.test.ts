import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { createResnet } from '@zoo/resnet';
import { beforeAll, describe, expect, it } from 'vitest';

import { watchGradients } from '../src/distributed/watch-gradients';

beforeAll(() => tf.setBackend('cpu'));

interface Seen {
  readonly gradient: number[];
  readonly parts: number;
}

/** What is seen of each variable while `lossOf` is differentiated, and its gradients at the end. */
function seenOf(variables: tf.Variable[], lossOf: () => tf.Scalar) {
  const seen = variables.map((): Seen[] => []);
  const grads = tf.tidy(() => {
    const { grads } = tf.variableGrads(() => {
      const loss = lossOf();
      watchGradients(loss, variables, (index, gradient, parts) =>
        seen[index]!.push({ gradient: [...gradient.dataSync()], parts }),
      );
      return loss;
    }, variables);
    return variables.map(({ name }) => [...grads[name]!.dataSync()]);
  });
  return { seen, grads };
}

function variableOf(value: tf.Tensor): tf.Variable {
  const variable = tf.variable(value);
  value.dispose();
  return variable;
}

describe('watchGradients', () => {
  it('sees all parts of a variable that operations keep for the backward pass', () => {
    const kernel = variableOf(tf.ones([2, 2]));
    const { seen, grads } = seenOf([kernel], () => tf.sum(tf.matMul(tf.ones([1, 2]), kernel)));
    expect(seen).toEqual([[{ gradient: grads[0], parts: 1 }]]);
    kernel.dispose();
  });

  it('sees each part of a variable that two operations read', () => {
    const factor = variableOf(tf.scalar(3));
    const { seen, grads } = seenOf([factor], () => tf.add(tf.mul(factor, 2), tf.square(factor)));
    expect(seen[0]!.map(({ parts }) => parts)).toEqual([2, 2]);
    expect(seen[0]!.reduce((sum, { gradient }) => sum + gradient[0]!, 0)).toBe(grads[0]![0]);
    factor.dispose();
  });

  it('leaves out what the loss does not depend on', () => {
    const factor = variableOf(tf.scalar(3));
    const { seen } = seenOf([factor], () => {
      tf.mul(factor, 5);
      return tf.mul(factor, 2);
    });
    expect(seen).toEqual([[{ gradient: [2], parts: 1 }]]);
    factor.dispose();
  });

  it('sees every gradient of a residual network whole before the backward pass ends', () => {
    const model = createResnet('resnet20', { inputShape: [8, 8, 3], classes: 2, weights: null, seed: 1 });
    const variables = model.trainableWeights.map((weight) => weight.read() as unknown as tf.Variable);
    const images = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 3], 0, 1, 'float32', 1);
    const { seen, grads } = seenOf(variables, () => {
      const outputs = model.apply(images, { training: true }) as tf.Tensor;
      return tf.sum(tf.square(outputs));
    });
    for (const [index, parts] of seen.entries()) {
      expect(parts.map(({ parts: count }) => count)).toEqual(Array(parts.length).fill(parts.length));
      expect(parts.length).toBeGreaterThan(0);
      expect(grads[index]).toHaveLength(variables[index]!.size);
    }
    images.dispose();
    model.dispose();
  });

  it('tells a gradient that the operation was given from one that it made', () => {
    const [bias, factor] = [variableOf(tf.ones([3])), variableOf(tf.ones([3]))];
    const fresh: boolean[] = [];
    tf.tidy(() => {
      tf.variableGrads(() => {
        const loss = tf.sum<tf.Scalar>(tf.square(tf.add(tf.mul(tf.ones([3]), factor), bias)));
        watchGradients(loss, [bias, factor], (index, _gradient, _parts, isFresh) => (fresh[index] = isFresh));
        return loss;
      }, [bias, factor]);
    });
    expect(fresh).toEqual([false, true]);
    tf.dispose([bias, factor]);
  });
});
