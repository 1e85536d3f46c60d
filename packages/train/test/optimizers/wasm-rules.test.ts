import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, hasFusedKernel, type FusedKernelName } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  adagrad,
  adam,
  adamW,
  kerasSgd,
  lamb,
  lars,
  lion,
  lookahead,
  nadam,
  rmsProp,
  scheduleFreeAdamW,
  sgd,
  type Optimizer,
} from '../../src';
import { formula } from '../support/formula';

let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', threads: 2 });
});
afterAll(() => engine.dispose());

/** Several parts and tiles of the kernel, a rest of each number of values, a weight that does not decay. */
const SHAPES = [[129, 131], [2, 3], [1], [4], [7]] as const;

function updatedBy(optimizer: Optimizer): Float32Array[] {
  const variables = SHAPES.map((shape) =>
    tf.tidy(() => tf.variable(tf.tensor(formula(shape, 0.3), [...shape]))),
  );
  const state = optimizer.init(variables.map((variable, index) => ({ name: `weight${index}`, variable })));
  for (let step = 1; step <= 6; step++) {
    const gradients = SHAPES.map((shape) => tf.tensor(formula(shape, step), [...shape]));
    state.update(gradients, { learningRate: 0.1 * 0.7 ** step, step, gradientScale: 0.5 });
    tf.dispose(gradients);
  }
  const values = [...variables, ...state.slots.values()].map((variable) =>
    variable.dataSync<'float32'>().slice(),
  );
  state.dispose();
  tf.dispose(variables);
  return values;
}

/** The kernels that compute one rule alone. */
const OWN = [FUSED_KERNELS.sgdUpdate, FUSED_KERNELS.adamWUpdate];

/** What is given without some kernels: without the rules' own by the kernel of any rule, without that too by stock operations. */
function updatedWithout(names: readonly FusedKernelName[], optimizer: Optimizer): Float32Array[] {
  const kernels = names.filter((name) => hasFusedKernel(name)).map((name) => tf.getKernel(name, 'wasm'));
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, 'wasm');
  try {
    return updatedBy(optimizer);
  } finally {
    kernels.forEach(tf.registerKernel);
  }
}

/** NaN where a value is. */
function largestDifference(left: readonly Float32Array[], right: readonly Float32Array[]): number {
  let largest = 0;
  left.forEach((values, index) => {
    for (let at = 0; at < values.length; at++) {
      largest = Math.max(largest, Math.abs(values[at]! - right[index]![at]!));
    }
  });
  return largest;
}

const weightDecay = 0.05;
const RULES: readonly (readonly [string, Optimizer])[] = [
  ['SGD', sgd({ weightDecay })],
  ['SGD with momentum', sgd({ momentum: 0.9, weightDecay })],
  ['SGD, Nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay })],
  ['Keras’ SGD', kerasSgd({ weightDecay })],
  ['Keras’ SGD, Nesterov', kerasSgd({ momentum: 0.9, nesterov: true, weightDecay })],
  ['Adam', adam()],
  ['Adam, epsilon hat', adam({ epsilonHat: true })],
  ['AdamW', adamW({ weightDecay })],
  ['RMSprop', rmsProp({ weightDecay })],
  ['RMSprop, centered, momentum', rmsProp({ momentum: 0.9, centered: true, weightDecay })],
  ['Keras’ RMSprop', rmsProp({ momentum: 0.9, centered: true, epsilonInRoot: true })],
  ['Nadam', nadam({ weightDecay })],
  ['Adagrad', adagrad({ weightDecay })],
  ['Keras’ Adagrad', adagrad({ initialAccumulator: 0.1, epsilonInRoot: true })],
  ['Lion', lion({ weightDecay })],
  ['Lookahead of Lion', lookahead(lion({ weightDecay }), { syncSteps: 2 })],
];

describe('the fused kernel of wasm', () => {
  it.each(RULES)('gives the bits of stock operations by %s', (_, optimizer) => {
    const stock = updatedWithout([FUSED_KERNELS.ruleUpdate, ...OWN], optimizer);
    expect(largestDifference(updatedWithout(OWN, optimizer), stock)).toBe(0);
  });

  it.each([
    ['LAMB', lamb({ weightDecay })],
    ['LARS', lars({ trustCoefficient: 0.02, weightDecay })],
    ['schedule-free AdamW', scheduleFreeAdamW({ weightDecay })],
    ['LARS, clipped', lars({ trustCoefficient: 0.02, weightDecay, momentum: 0, trustClip: true })],
  ])(
    'gives what stock operations give by %s, whose numbers of a whole weight it rounds less',
    (_, optimizer) => {
      const stock = updatedWithout([FUSED_KERNELS.ruleUpdate], optimizer);
      expect(largestDifference(updatedBy(optimizer), stock)).toBeLessThan(2e-6);
    },
  );

  it.each(RULES)('leaves tensors alone that share memory with weights, by %s', (_, optimizer) => {
    const weight = tf.tidy(() => tf.variable(tf.tensor(formula([5], 0.3))));
    const view = tf.clone(weight);
    const state = optimizer.init([{ name: 'weight', variable: weight }]);
    const gradient = tf.tensor1d(formula([5], 1));
    for (const step of [1, 2]) state.update([gradient], { learningRate: 0.1, step, gradientScale: 1 });
    expect([...view.dataSync()]).toEqual([...formula([5], 0.3)]);
    expect([...weight.dataSync()]).not.toEqual([...view.dataSync()]);
    state.dispose();
    tf.dispose([weight, view, gradient]);
  });

  it('makes no tensor', () => {
    const optimizer = lamb();
    const weight = tf.tidy(() => tf.variable(tf.tensor(formula([5], 0.3))));
    const state = optimizer.init([{ name: 'weight', variable: weight }]);
    const gradient = tf.tensor1d(formula([5], 1));
    const { dataId } = weight;
    const before = tf.memory();
    state.update([gradient], { learningRate: 0.1, step: 1, gradientScale: 1 });
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    expect(weight.dataId).toBe(dataId);
    state.dispose();
    tf.dispose([weight, gradient]);
  });
});
