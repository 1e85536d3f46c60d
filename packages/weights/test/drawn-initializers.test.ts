import { describe, expect, it } from 'vitest';

import { modelFromKerasJson } from '../src/index';

import { jsonBytes, kerasObject, sequential } from './support/architectures';

const SIDE = 250;

/** The weights of a model of one layer, in their order. */
async function weightsOf(layer: object, shape: readonly number[]): Promise<Float32Array[]> {
  const model = await modelFromKerasJson(jsonBytes(sequential(shape, layer)));
  const values = model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());
  model.dispose();
  return values;
}

/** A kernel of `SIDE` x `SIDE`. */
async function drawn(kernel_initializer: unknown): Promise<Float32Array> {
  const dense = kerasObject('Dense', { name: 'dense', units: SIDE, use_bias: false, kernel_initializer });
  return (await weightsOf(dense, [SIDE]))[0]!;
}

const average = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('modelFromKerasJson draws', () => {
  const he = Math.sqrt(2 / SIDE);
  const glorot = Math.sqrt(1 / SIDE);
  // Of keras/src/initializers/random_initializers.py: variance scaling keeps its deviation where it is cut at two, TruncatedNormal does not.
  const cut = 2 / 0.8796256610342398;
  it.each([
    [kerasObject('HeNormal'), 0, he, cut * he],
    [kerasObject('GlorotNormal'), 0, glorot, cut * glorot],
    [kerasObject('HeUniform'), 0, he, Math.sqrt(3) * he],
    [
      kerasObject('VarianceScaling', { scale: 2, mode: 'fan_out', distribution: 'truncated_normal' }),
      0,
      he,
      cut * he,
    ],
    [kerasObject('RandomNormal', { mean: 3, stddev: 0.5 }), 3, 0.5, undefined],
    [kerasObject('TruncatedNormal', { mean: -1, stddev: 1 }), -1, 0.8796256610342398, 2],
    [kerasObject('RandomUniform', { minval: 0, maxval: 1 }), 0.5, Math.sqrt(1 / 12), 0.5],
    [kerasObject('RandomUniform', { minval: -2, maxval: 0 }), -1, Math.sqrt(1 / 3), 1],
    [kerasObject('RandomNormal', { mean: 0, stddev: 0 }), 0, 0, 0],
    [kerasObject('Constant', { value: 0.5 }), 0.5, 0, 0],
  ])('%j of its average, deviation and furthest value', async (initializer, mean, deviation, furthest) => {
    const values = await drawn(kerasObject(initializer.class_name, { seed: 5, ...initializer.config }));
    expect(average(values)).toBeCloseTo(mean, 1);
    expect(Math.sqrt(average(values.map((value) => (value - mean) ** 2)))).toBeCloseTo(deviation, 2);
    if (furthest === undefined) return;
    const far = values.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
    expect(far).toBeLessThanOrEqual(furthest * 1.0001);
    expect(far).toBeGreaterThanOrEqual(furthest * 0.99);
  });

  it.each([
    kerasObject('HeNormal', { seed: 2 ** 40 }),
    kerasObject('RandomNormal', { stddev: 1, seed: 7 }),
    kerasObject('Orthogonal', { gain: 1, seed: -0.5 }),
  ])('%j to the same values each time', async (initializer) => {
    const values = String(await drawn(initializer));
    expect(String(await drawn(initializer)) === values).toBe(true);
    const other = { ...initializer, config: { ...initializer.config, seed: 8 } };
    expect(String(await drawn(other)) === values).toBe(false);
  });

  it('layers within layers by their limits of 0', async () => {
    const recurrent_initializer = kerasObject('RandomUniform', { minval: 0, maxval: 1 });
    const layer = kerasObject('SimpleRNN', {
      name: 'inner',
      units: 20,
      use_bias: false,
      recurrent_initializer,
    });
    const weights = await weightsOf(kerasObject('Bidirectional', { name: 'outer', layer }), [4, 3]);
    const recurrent = weights.filter(({ length }) => length === 400);
    expect(recurrent).toHaveLength(2);
    for (const values of recurrent) expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  });
});
