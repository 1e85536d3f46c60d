import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { freeingTape } from '../src';

beforeAll(() => tf.setBackend('cpu'));

describe('freeingTape', () => {
  it('frees what a failed forward pass kept', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const before = tf.memory().numTensors;
    const fails = (value: tf.Tensor): tf.Tensor => {
      tf.exp(tf.square(value));
      throw new Error('no memory');
    };
    expect(() => freeingTape(() => tf.grad(fails)(x))).toThrow('no memory');
    expect(tf.memory().numTensors).toBe(before);
    // Without it, tfjs keeps them: should that be repaired there, this can go.
    expect(() => tf.grad(fails)(x)).toThrow('no memory');
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    tf.engine().state.activeTape.forEach(({ saved }) => tf.dispose(saved!));
    x.dispose();
  });

  it('leaves derivatives as they are that come after', () => {
    const x = tf.scalar(3);
    expect(() =>
      freeingTape(() =>
        tf.grad(() => {
          throw new Error('no memory');
        })(x),
      ),
    ).toThrow('no memory');
    const slope = freeingTape(() => tf.grad((value) => tf.square(value))(x));
    expect(slope.dataSync()[0]).toBe(6);
    tf.dispose([x, slope]);
  });
});
