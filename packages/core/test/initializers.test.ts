import * as tf from '@tensorflow/tfjs';
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

describe.each<[string, (options?: InitializerOptions) => Initializer, number, boolean]>([
  ['heNormal', heNormal, 2 / FAN_IN, true],
  ['heUniform', heUniform, 2 / FAN_IN, false],
  ['heNormalFanOut', heNormalFanOut, 2 / FAN_OUT, true],
  ['glorotUniform', glorotUniform, 2 / (FAN_IN + FAN_OUT), false],
  ['glorotNormal', glorotNormal, 2 / (FAN_IN + FAN_OUT), true],
])('%s', (_, initializer, variance, isNormal) => {
  it('has the variance of its formula, to 1 % over 147,456 values', () => {
    const values = draw(initializer({ seed: 1 }));
    expect(deviation(values) / Math.sqrt(variance)).toBeCloseTo(1, 2);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(
      0.01 * Math.sqrt(variance),
    );
  });

  it('stays within its bound: two uncut deviations, or the square root of three', () => {
    const bound = Math.sqrt(variance) * (isNormal ? 2 / 0.87962566 : Math.sqrt(3));
    const largest = draw(initializer({ seed: 2 })).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(bound * 1.000001);
    expect(largest).toBeGreaterThan(bound * 0.99);
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
    expect(() => tf.initializers.varianceScaling(ours.getConfig() as never)).not.toThrow();
  });
});
