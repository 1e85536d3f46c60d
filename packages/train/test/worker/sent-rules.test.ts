import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

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
} from '../../src';
import {
  fromSentOptimizer,
  fromSentSchedule,
  toSentOptimizer,
  toSentSchedule,
} from '../../src/worker/sent-rules';
import { tinyModel } from '../support/tiny-model';

// None of the settings is the rule's default.
const DECAY = { learningRate: 0.3, weightDecay: 0.05, weightDecayFilter: () => true };
const RULES: Optimizer[] = [
  adagrad({ ...DECAY, initialAccumulator: 0.2, epsilon: 1e-3, epsilonInRoot: true }),
  adam({ learningRate: 0.3, beta1: 0.5, beta2: 0.6, epsilon: 1e-3, epsilonHat: true }),
  adamW({ ...DECAY, beta1: 0.5, beta2: 0.6, epsilon: 1e-3, epsilonHat: true }),
  kerasSgd({ ...DECAY, momentum: 0.5, nesterov: true }),
  lamb({ ...DECAY, beta1: 0.5, beta2: 0.6, epsilon: 1e-3 }),
  lars({ ...DECAY, momentum: 0.5, nesterov: true, trustCoefficient: 0.1, epsilon: 1e-3, trustClip: true }),
  lion({ ...DECAY, beta1: 0.5, beta2: 0.6 }),
  muon({
    ...DECAY,
    momentum: 0.5,
    nesterov: false,
    newtonSchulzSteps: 3,
    matchAdamW: false,
    beta1: 0.5,
    beta2: 0.6,
    epsilon: 1e-3,
  }),
  nadam({ ...DECAY, beta1: 0.5, beta2: 0.6, epsilon: 1e-3, momentumDecay: 0.1 }),
  rmsProp({ ...DECAY, rho: 0.5, momentum: 0.5, epsilon: 1e-3, centered: true, epsilonInRoot: true }),
  scheduleFreeAdamW({ ...DECAY, beta1: 0.5, beta2: 0.6, epsilon: 1e-3 }),
  sgd({ ...DECAY, momentum: 0.5, nesterov: true }),
  lookahead(sgd({ ...DECAY, momentum: 0.5 }), { syncSteps: 2, share: 0.3 }),
];

/** What a rule makes of two weights in three updates. */
function updated(optimizer: Optimizer): number[][] {
  return tf.tidy(() => {
    const parameters = ['conv/kernel', 'conv/bias'].map((name) => ({
      name,
      variable: tf.variable(tf.tensor1d([1, -2, 3])),
    }));
    const state = optimizer.init(parameters);
    for (let step = 1; step <= 3; step++) {
      const gradients = parameters.map((_, index) => tf.tensor1d([0.1 * step, index, -1]));
      state.update(gradients, { learningRate: optimizer.learningRate as number, step, gradientScale: 0.5 });
    }
    const values = parameters.map(({ variable }) => [...variable.dataSync()]);
    state.dispose();
    tf.dispose(parameters.map(({ variable }) => variable));
    return values;
  });
}

describe('an update rule that was sent', () => {
  it.each(RULES.map((rule): [string, Optimizer] => [rule.name, rule]))(
    'updates as before: %s',
    (_name, rule) => {
      const model = tinyModel();
      const again = fromSentOptimizer(structuredClone(toSentOptimizer(model, rule)));
      expect({ name: again.name, settings: again.settings }).toEqual({
        name: rule.name,
        settings: rule.settings,
      });
      expect(updated(again)).toEqual(updated(rule));
      model.dispose();
    },
  );

  it('is refused where it wraps what can’t be told apart again', () => {
    const model = tinyModel();
    expect(() => toSentOptimizer(model, lookahead(lookahead(sgd())))).toThrow(/`options\.optimizer`/);
    model.dispose();
  });
});

describe('a schedule that was sent', () => {
  it('has the values of each step, and those that a resumed run is compared at', () => {
    const schedule = (step: number): number => 1 / (1 + step);
    const again = fromSentSchedule(structuredClone(toSentSchedule(schedule, 7)));
    for (const step of [0, 1, 2, 3, 4, 5, 6, 10, 5000]) expect(again(step)).toBe(schedule(step));
  });

  it('says which step it has no value of, as where it threw', () => {
    const again = fromSentSchedule(
      toSentSchedule((step) => {
        if (step >= 3) throw new Error('over');
        return 0.1;
      }, 5),
    );
    expect(again(2)).toBe(0.1);
    expect(() => again(3)).toThrow(/step 3/);
    expect(() => again(999)).toThrow(/step 999/);
  });
});
