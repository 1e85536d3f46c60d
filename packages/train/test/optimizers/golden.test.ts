import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adagrad, adam, adamW, kerasSgd, lamb, lion, nadam, rmsProp, sgd, type Optimizer } from '../../src';
import golden from '../fixtures/optimizers.json';
import { formula } from '../support/formula';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const SHAPES = { kernel: [3, 4], bias: [4] } as const;
const constant = (): number => 0.1;
const falling = (step: number): number => 0.1 * 0.7 ** step;

/** Ten updates on the script's gradients; the scale shows that `gradientScale` comes before all else. */
function tenUpdates(optimizer: Optimizer, learningRate: (step: number) => number): Record<string, number[]> {
  const names = Object.keys(SHAPES) as (keyof typeof SHAPES)[];
  const parameters = names.map((name) => ({
    name,
    variable: tf.variable(tf.tensor(formula(SHAPES[name], 0.3), [...SHAPES[name]])),
  }));
  const state = optimizer.init(parameters);
  for (let step = 0; step < 10; step++) {
    const gradients = names.map((name) =>
      tf.tensor(
        formula(SHAPES[name], 3.1 * step + 0.5 * SHAPES[name].length).map((value) => 4 * value),
        [...SHAPES[name]],
      ),
    );
    state.update(gradients, { learningRate: learningRate(step), step: step + 1, gradientScale: 0.25 });
    tf.dispose(gradients);
  }
  const values = Object.fromEntries(parameters.map(({ name, variable }) => [name, [...variable.dataSync()]]));
  state.dispose();
  parameters.forEach(({ variable }) => variable.dispose());
  return values;
}

describe('ten updates', () => {
  it.each([
    ['torch SGD', sgd(), falling],
    ['torch SGD momentum', sgd({ momentum: 0.9, weightDecay: 0.01 }), falling],
    ['torch SGD nesterov', sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.01 }), falling],
    ['torch Adam', adam(), falling],
    ['torch AdamW', adamW({ weightDecay: 0.05 }), falling],
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
    ['keras Adam, large epsilon', adam({ epsilon: 1e-2, epsilonHat: true }), constant],
  ] as const)('are those of %s', (name, optimizer, learningRate) => {
    const result = tf.tidy(() => tenUpdates(optimizer, learningRate));
    for (const [weight, expected] of Object.entries(golden[name])) {
      expected.forEach((value, index) => expect(result[weight]![index]).toBeCloseTo(value, 5));
    }
  });
});
