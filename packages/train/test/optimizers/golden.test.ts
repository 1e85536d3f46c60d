import * as tf from '@tensorflow/tfjs-core';
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
  muon,
  nadam,
  rmsProp,
  scheduleFreeAdamW,
  sgd,
  type Optimizer,
  type OptimizerState,
  type Parameter,
} from '../../src';
import { groupedState } from '../../src/optimizers/grouped-state';
import { clipValues } from '../../src/training/clip-gradients';
import golden from '../fixtures/optimizers.json';
import { formula } from '../support/formula';

let wasm: SelectedEngine;
beforeAll(async () => {
  wasm = await selectEngine({ prefer: 'wasm', threads: 1 });
  await tf.setBackend('cpu');
});
afterAll(() => wasm.dispose());

type Shapes = Readonly<Record<'kernel' | 'bias', readonly number[]>>;

const SHAPES: Shapes = { kernel: [3, 4], bias: [4] };
const constant = (): number => 0.1;
const falling = (step: number): number => 0.1 * 0.7 ** step;

/** Ten updates on the script's gradients; the scale shows that `gradientScale` comes before all else. */
function tenUpdates(
  { init }: { init(parameters: Parameter[]): OptimizerState },
  learningRate: (step: number) => number,
  { frozenSteps = 0, shapes = SHAPES }: { frozenSteps?: number; shapes?: Shapes } = {},
): Record<string, number[]> {
  const names = Object.keys(shapes) as (keyof Shapes)[];
  const parameters = names.map((name) => ({
    name,
    variable: tf.variable(tf.tensor(formula(shapes[name], 0.3), [...shapes[name]])),
  }));
  const state = init(parameters);
  for (let step = 0; step < 10; step++) {
    const gradients = names.map((name) =>
      tf.tensor(
        formula(shapes[name], 3.1 * step + 0.5 * shapes[name].length).map((value) => 4 * value),
        [...shapes[name]],
      ),
    );
    const present = gradients.map((gradient, index) =>
      index === 0 && step < frozenSteps ? undefined : gradient,
    );
    state.update(present, { learningRate: learningRate(step), step: step + 1, gradientScale: 0.25 });
    tf.dispose(gradients);
  }
  const values = Object.fromEntries(parameters.map(({ name, variable }) => [name, [...variable.dataSync()]]));
  state.dispose();
  parameters.forEach(({ variable }) => variable.dispose());
  return values;
}

/** By stock operations, and in one kernel. */
describe.each(['cpu', 'wasm'])('ten updates on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });
  afterAll(async () => {
    await tf.setBackend('cpu');
  });

  it.each([
    ['torch SGD', sgd(), falling],
    ['torch SGD momentum', sgd({ momentum: 0.9, weightDecay: 0.01 }), falling],
    ['torch SGD nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 }), falling],
    ['torch Adam', adam(), falling],
    ['torch AdamW', adamW({ weightDecay: 0.05 }), falling],
    ['schedule-free AdamW', scheduleFreeAdamW({ weightDecay: 0.05 }), falling],
    // The rules agree while the learning rate is constant.
    ['keras SGD momentum', sgd({ momentum: 0.9 }), constant],
    ['keras SGD nesterov', sgd({ momentum: 0.9, nesterov: true }), constant],
    ['keras Adam', adam(), constant],
    ['torch RMSprop', rmsProp({ weightDecay: 0.01 }), falling],
    [
      'torch RMSprop centered, momentum',
      rmsProp({ momentum: 0.9, centered: true, weightDecay: 0.01 }),
      falling,
    ],
    ['torch NAdam', nadam({ weightDecay: 0.01 }), falling],
    ['torch Adagrad', adagrad({ weightDecay: 0.01 }), falling],
    ['keras SGD momentum, falling', kerasSgd({ momentum: 0.9 }), falling],
    ['keras SGD nesterov, falling', kerasSgd({ momentum: 0.9, nesterov: true }), falling],
    ['keras RMSprop', rmsProp({ rho: 0.9, epsilon: 1e-7, epsilonInRoot: true }), falling],
    [
      'keras RMSprop centered, momentum',
      rmsProp({ rho: 0.9, momentum: 0.9, centered: true, epsilon: 1e-7, epsilonInRoot: true }),
      falling,
    ],
    ['keras Adagrad', adagrad({ initialAccumulator: 0.1, epsilon: 1e-7, epsilonInRoot: true }), falling],
    ['keras Nadam', nadam({ epsilon: 1e-7, momentumDecay: 1 }), falling],
    // Keras' weight decay acts on all weights.
    ['keras Lion', lion({ beta2: 0.99, weightDecay: 0.05, weightDecayFilter: () => true }), falling],
    ['keras Lamb', lamb({ weightDecay: 0.05, weightDecayFilter: () => true }), falling],
    ['timm LARS', lars({ trustCoefficient: 0.02, weightDecay: 0.01 }), falling],
    [
      'timm LARS nesterov, clipped',
      lars({ trustCoefficient: 0.02, weightDecay: 0.01, nesterov: true, trustClip: true }),
      falling,
    ],
    [
      'timm Lookahead of SGD',
      lookahead(sgd({ momentum: 0.9, weightDecay: 0.01 }), { share: 0.4, syncSteps: 3 }),
      falling,
    ],
    ['torch Lookahead of AdamW', lookahead(adamW({ weightDecay: 0.05 })), falling],
    ['keras Adam, large epsilon', adam({ epsilon: 1e-2, epsilonHat: true }), constant],
  ] as const)('are those of %s', (name, optimizer, learningRate) => {
    const result = tf.tidy(() => tenUpdates(optimizer, learningRate));
    for (const [weight, expected] of Object.entries(golden[name])) {
      expected.forEach((value, index) => expect(result[weight]![index]).toBeCloseTo(value, 5));
    }
  });

  it.each([
    ['torch Muon, tall', muon({ weightDecay: 0.05 }), [2, 2, 3, 4]],
    ['torch Muon, wide', muon({ weightDecay: 0.05, nesterov: false, momentum: 0.8 }), [1, 1, 3, 8]],
    [
      'torch Muon, original',
      muon({ weightDecay: 0.05, matchAdamW: false, newtonSchulzSteps: 3 }),
      [1, 1, 3, 8],
    ],
  ] as const)('of a convolution are those of %s', (name, optimizer, kernel) => {
    const shapes = { kernel, bias: kernel.slice(-1) };
    const result = tf.tidy(() => tenUpdates(optimizer, falling, { shapes }));
    for (const [weight, expected] of Object.entries(golden[name])) {
      expected.forEach((value, index) => expect(result[weight]![index]).toBeCloseTo(value, 5));
    }
  });
});

describe('ten updates in groups', () => {
  it.each([
    ['torch Adam, thawed', adam()],
    ['torch SGD momentum, thawed', sgd({ momentum: 0.9 })],
  ] as const)('are those of %s', (name, optimizer: Optimizer) => {
    const kernel = { learningRateFactor: 0.25, stepOf: (step: number) => step - 4 };
    const bias = { learningRateFactor: 1, stepOf: (step: number) => step };
    const init = (parameters: Parameter[]): OptimizerState =>
      groupedState(optimizer, parameters, (parameter) => (parameter.name === 'kernel' ? kernel : bias));
    const result = tf.tidy(() => tenUpdates({ init }, falling, { frozenSteps: 4 }));
    for (const [weight, expected] of Object.entries(golden[name])) {
      expected.forEach((value, index) => expect(result[weight]![index]).toBeCloseTo(value, 5));
    }
  });
});

describe('gradients clipped by units', () => {
  it.each([
    ['timm adaptive clipping, loose', 3],
    ['timm adaptive clipping, tight', 0.01],
  ] as const)('are those of %s', (name, adaptive) => {
    tf.tidy(() => {
      const names = Object.keys(SHAPES) as (keyof Shapes)[];
      const values = (phase: (axes: number) => number, scale: number): tf.Tensor[] =>
        names.map((weight) => {
          const shape = SHAPES[weight];
          return tf.mul(tf.tensor(formula(shape, phase(shape.length)), [...shape]), scale);
        });
      const weights = values(() => 0.3, 1);
      const parameters = names.map((weight, index) => ({
        name: weight,
        variable: weights[index]!,
        isOfLastLayer: false,
      }));
      // The script's gradients are ten times as large: the scale comes before all else.
      const bounds = { adaptive, globalNorm: undefined, value: undefined };
      const { gradients, scale } = clipValues(
        values((axes) => 0.5 * axes, 40),
        0.25,
        bounds,
        parameters,
      );
      expect(scale).toBe(1);
      names.forEach((weight, index) => {
        const actual = gradients[index]!.dataSync();
        golden[name][weight].forEach((value, at) => expect(actual[at]).toBeCloseTo(value, 5));
      });
    });
  });
});
