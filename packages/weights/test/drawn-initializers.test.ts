import { describe, expect, it } from 'vitest';

import { modelFromKerasJson } from '../src/index';

const SIDE = 300;

/** The weights of a model of one layer, in their order. */
async function weightsOf(layer: object, shape: readonly number[]): Promise<Float32Array[]> {
  const input = of('InputLayer', { name: 'in', batch_input_shape: [null, ...shape] });
  const architecture = of('Sequential', { name: 'model', layers: [input, layer] });
  const model = await modelFromKerasJson(new TextEncoder().encode(JSON.stringify(architecture)));
  const values = model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());
  model.dispose();
  return values;
}

/** A kernel of `SIDE` x `SIDE`. */
async function drawn(kernel_initializer: unknown): Promise<Float32Array> {
  const dense = of('Dense', { name: 'dense', units: SIDE, use_bias: false, kernel_initializer });
  return (await weightsOf(dense, [SIDE]))[0]!;
}

const of = (class_name: string, config: object = {}) => ({ class_name, config });
const average = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('modelFromKerasJson draws', () => {
  const he = Math.sqrt(2 / SIDE);
  const glorot = Math.sqrt(1 / SIDE);
  // Of keras/src/initializers/random_initializers.py: variance scaling keeps its deviation where it is cut at two, TruncatedNormal does not.
  const cut = 2 / 0.8796256610342398;
  it.each([
    [of('HeNormal'), 0, he, cut * he],
    [of('GlorotNormal'), 0, glorot, cut * glorot],
    [of('HeUniform'), 0, he, Math.sqrt(3) * he],
    [of('VarianceScaling', { scale: 2, mode: 'fan_out', distribution: 'truncated_normal' }), 0, he, cut * he],
    [of('RandomNormal', { mean: 3, stddev: 0.5 }), 3, 0.5, undefined],
    [of('TruncatedNormal', { mean: -1, stddev: 1 }), -1, 0.8796256610342398, 2],
    [of('RandomUniform', { minval: 0, maxval: 1 }), 0.5, Math.sqrt(1 / 12), 0.5],
    [of('RandomUniform', { minval: -2, maxval: 0 }), -1, Math.sqrt(1 / 3), 1],
    [of('RandomNormal', { mean: 0, stddev: 0 }), 0, 0, 0],
    [of('Constant', { value: 0.5 }), 0.5, 0, 0],
  ])('%j of its average, deviation and furthest value', async (initializer, mean, deviation, furthest) => {
    const values = await drawn(of(initializer.class_name, { seed: 5, ...initializer.config }));
    expect(average(values)).toBeCloseTo(mean, 1);
    expect(Math.sqrt(average(values.map((value) => (value - mean) ** 2)))).toBeCloseTo(deviation, 2);
    if (furthest === undefined) return;
    const far = values.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
    expect(far).toBeLessThanOrEqual(furthest * 1.0001);
    expect(far).toBeGreaterThanOrEqual(furthest * 0.99);
  });

  it.each([
    of('HeNormal', { seed: 2 ** 40 }),
    of('RandomNormal', { stddev: 1, seed: 7 }),
    of('Orthogonal', { gain: 1, seed: -0.5 }),
  ])('%j to the same values each time', async (initializer) => {
    expect(await drawn(initializer)).toEqual(await drawn(initializer));
    const other = { ...initializer, config: { ...initializer.config, seed: 8 } };
    expect(await drawn(other)).not.toEqual(await drawn(initializer));
  });

  it('layers within layers by their limits of 0', async () => {
    const recurrent_initializer = of('RandomUniform', { minval: 0, maxval: 1 });
    const layer = of('SimpleRNN', { name: 'inner', units: 20, use_bias: false, recurrent_initializer });
    const weights = await weightsOf(of('Bidirectional', { name: 'outer', layer }), [4, 3]);
    const recurrent = weights.filter(({ length }) => length === 400);
    expect(recurrent).toHaveLength(2);
    for (const values of recurrent) expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  });
});
