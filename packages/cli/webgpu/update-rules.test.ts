import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@zoo/core';
import { selectEngine, type EngineName } from '@zoo/engine';
import {
  adagrad,
  lamb,
  lars,
  lion,
  lookahead,
  muon,
  nadam,
  rmsProp,
  scheduleFreeAdamW,
  sgd,
  type Optimizer,
} from '@zoo/train';
import { describe, expect, it } from 'vitest';

import { isWebgpuAbsent, WEBGPU_NOTE } from '../../engine/webgpu/webgpu-here';

/** More weights than a dispatch takes, several workgroups, rests of each number of values, and a convolution. */
const SHAPES = [[129, 131], [3], [1], [6], [3, 3, 4, 8]] as const;
const RULES: readonly Optimizer[] = [
  adagrad({ weightDecay: 0.05 }),
  lamb({ weightDecay: 0.05 }),
  lars({ weightDecay: 0.05, trustCoefficient: 0.02 }),
  lion({ weightDecay: 0.05 }),
  lookahead(sgd({ momentum: 0.9 }), { syncSteps: 2 }),
  muon({ weightDecay: 0.05 }),
  nadam(),
  rmsProp({ momentum: 0.9, centered: true }),
  scheduleFreeAdamW({ weightDecay: 0.05 }),
];

/** Weights and states after five updates by each rule. */
async function updatedOn(name: EngineName): Promise<Float32Array[][]> {
  const engine = await selectEngine({ prefer: name });
  try {
    const results = [];
    for (const rule of RULES) results.push(await updatedBy(rule));
    return results;
  } finally {
    await engine.dispose();
  }
}

async function updatedBy(rule: Optimizer): Promise<Float32Array[]> {
  const random = createRandom(3);
  const drawn = (shape: readonly number[]): tf.Tensor => {
    const size = tf.util.sizeFromShape([...shape]);
    return tf.tensor(
      Float32Array.from({ length: size }, () => random.normal()),
      [...shape],
    );
  };
  const variables = SHAPES.map((shape) => tf.tidy(() => tf.variable(drawn(shape))));
  const state = rule.init(variables.map((variable, index) => ({ name: `weight${index}/kernel`, variable })));
  for (let step = 1; step <= 5; step++) {
    const gradients = SHAPES.map(drawn);
    state.update(gradients, { learningRate: 0.05 / step, step, gradientScale: 0.5 });
    tf.dispose(gradients);
  }
  const all = [...variables, ...state.slots.values()];
  const values = await Promise.all(all.map((variable) => variable.data<'float32'>()));
  state.dispose();
  tf.dispose(variables);
  return values.map((array) => array.slice());
}

describe.skipIf(isWebgpuAbsent)(`update rules on WebGPU${WEBGPU_NOTE}`, () => {
  it('give what stock operations on cpu give', async () => {
    const expected = await updatedOn('cpu');
    const actual = await updatedOn('webgpu');
    RULES.forEach(({ name }, rule) => {
      expected[rule]!.forEach((values, place) => {
        const differences = values.map((value, at) => Math.abs(actual[rule]![place]![at]! - value));
        const largest = differences.reduce((most, each) => (each <= most ? most : each), 0);
        expect(largest, `${name}, tensor ${place}`).toBeLessThan(2e-5);
      });
    });
  });
});
