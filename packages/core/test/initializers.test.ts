import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  glorotNormal,
  glorotUniform,
  heNormal,
  heNormalFanOut,
  heUniform,
  type Initializer,
  type InitializerOptions,
} from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const SHAPE = [3, 3, 64, 256];
const FAN_IN = 9 * 64;
const FAN_OUT = 9 * 256;

function draw(initializer: Initializer): Float32Array {
  return tf.tidy(() => initializer.apply(SHAPE).dataSync().slice() as Float32Array);
}

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

// The bound: two uncut deviations, the square root of three, or none.
describe.each<[string, (options?: InitializerOptions) => Initializer, number, number]>([
  ['heNormal', heNormal, 2 / FAN_IN, 2 / 0.87962566],
  ['heUniform', heUniform, 2 / FAN_IN, Math.sqrt(3)],
  ['heNormalFanOut', heNormalFanOut, 2 / FAN_OUT, Infinity],
  ['glorotUniform', glorotUniform, 2 / (FAN_IN + FAN_OUT), Math.sqrt(3)],
  ['glorotNormal', glorotNormal, 2 / (FAN_IN + FAN_OUT), 2 / 0.87962566],
])('%s', (_, initializer, variance, bound) => {
  it('has the variance of its formula, to 1 % over 147,456 values', () => {
    const values = draw(initializer({ seed: 1 }));
    expect(deviation(values) / Math.sqrt(variance)).toBeCloseTo(1, 2);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(
      0.01 * Math.sqrt(variance),
    );
  });

  it('stays within its bound, and comes near it', () => {
    const largest = draw(initializer({ seed: 2 })).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const deviations = largest / Math.sqrt(variance);
    expect(deviations).toBeLessThanOrEqual(bound * 1.000001);
    expect(deviations).toBeGreaterThan(Math.min(bound * 0.99, 4));
  });

  it('draws the same values for one seed, others for another and for none', () => {
    const start = (options?: InitializerOptions): number[] => [...draw(initializer(options)).subarray(0, 20)];
    expect(start({ seed: 3 })).toEqual(start({ seed: 3 }));
    expect(start({ seed: 3 })).not.toEqual(start({ seed: 4 }));
    expect(start()).not.toEqual(start());
  });

  it('saves as VarianceScaling, which Keras and stock TensorFlow.js load', () => {
    const ours = initializer({ seed: 5 });
    expect(ours.getClassName()).toBe('VarianceScaling');
    expect(() => tfl.initializers.varianceScaling(ours.getConfig() as never)).not.toThrow();
  });
});

describe('heNormalFanOut', () => {
  it('draws the whole normal distribution, as torch.nn.init.kaiming_normal_ does, to its tails', () => {
    const values = tf.tidy(
      () => heNormalFanOut({ seed: 1 }).apply([1, 1, 1024, 2048]).dataSync().slice() as Float32Array,
    );
    const deviations = values.map((value) => Math.abs(value) / Math.sqrt(2 / 2048));
    // Shares of a normal distribution beyond so many deviations, and five times the error of counting them.
    for (const [bound, share] of [
      [0.5, 0.6170751],
      [1, 0.3173105],
      [2, 0.0455003],
      [3, 2.699796e-3],
      [3.67, 2.4254e-4],
      [4, 6.334248e-5],
      [4.5, 6.795346e-6],
    ] as const) {
      const count = deviations.reduce((sum, value) => sum + (value > bound ? 1 : 0), 0);
      const error = 5 * Math.sqrt(share * (1 - share) * values.length);
      expect(Math.abs(count - share * values.length), `beyond ${bound}`).toBeLessThan(error);
    }
    const fourth = deviations.reduce((sum, value) => sum + value ** 4, 0) / values.length;
    expect(fourth).toBeCloseTo(3, 1);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean) / Math.sqrt(2 / 2048)).toBeLessThan(5 / Math.sqrt(values.length));
  });
});
