import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  createTrainStep,
  evaluate,
  fit,
  layerDecay,
  lookahead,
  scheduleFreeAdamW,
  type Callback,
  type FitOptions,
  type TrainingState,
} from '../../src';
import golden from '../fixtures/optimizers.json';
import { formula } from '../support/formula';
import { memorySource } from '../support/memory-source';
import { tinyModel, weightValues } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const SHAPES = { kernel: [3, 4], bias: [4] } as const;
const train = memorySource();

async function trained(options: Partial<FitOptions> = {}) {
  const model = tinyModel();
  let state: TrainingState | undefined;
  const watch: Callback = {
    name: 'watch',
    onEpochSettled: async (run, { epoch }) => {
      if (epoch === 0) state = await run.captureState();
    },
  };
  try {
    const optimizer = scheduleFreeAdamW({ learningRate: 0.01, weightDecay: 0.01 });
    const learningRateFactors = layerDecay(model, { factor: 0.5 });
    const shared = { train, validation: train, optimizer, learningRateFactors, callbacks: [watch] };
    const history = await fit(model, { ...shared, epochs: 3, ...options });
    return {
      weights: weightValues(model),
      history,
      state: state!,
      loss: (await evaluate(model, train)).loss,
    };
  } finally {
    model.dispose();
  }
}

describe('schedule-free AdamW', () => {
  it('has the average of the paper after ten updates', () => {
    tf.tidy(() => {
      const names = Object.keys(SHAPES) as (keyof typeof SHAPES)[];
      const parameters = names.map((name) => ({
        name,
        variable: tf.variable(tf.tensor(formula(SHAPES[name], 0.3), [...SHAPES[name]])),
      }));
      const state = scheduleFreeAdamW({ weightDecay: 0.05 }).init(parameters);
      for (let step = 1; step <= 10; step++) {
        const gradients = names.map((name) =>
          tf.tensor(formula(SHAPES[name], 3.1 * (step - 1) + 0.5 * SHAPES[name].length), [...SHAPES[name]]),
        );
        state.update(gradients, { learningRate: 0.1 * 0.7 ** (step - 1), step, gradientScale: 1 });
      }
      parameters.forEach((parameter, index) => {
        const average = state.averageOf!(parameter).dataSync();
        golden['schedule-free AdamW, averaged'][names[index]!].forEach((value, at) =>
          expect(average[at]).toBeCloseTo(value, 5),
        );
        parameter.variable.dispose();
      });
      state.dispose();
    });
  });

  it('is measured and ends with its average, which no step has been taken from', async () => {
    const { history, loss, state } = await trained();
    expect(history.epochs.at(-1)!.metrics['valLoss']).toBeCloseTo(loss, 5);
    expect(history.epochs.at(-1)!.metrics['valLoss']).toBeLessThan(history.epochs[0]!.metrics['valLoss']!);
    expect([...state.averages.get('predictions/kernel')!.values]).not.toEqual([
      ...state.weights.get('predictions/kernel')!.values,
    ]);
  });

  it('goes on from a checkpoint as if it had never stopped', async () => {
    const { weights, state } = await trained();
    expect((await trained({ resume: state })).weights).toEqual(weights);
  });

  it('has no other averages beside it, and none where nobody would measure them', async () => {
    await expect(trained({ averageWeights: { decay: 0.9 } })).rejects.toThrow('averages weights itself');
    const model = tinyModel();
    expect(() => createTrainStep(model, { optimizer: scheduleFreeAdamW() })).toThrow('which fit measures');
    model.dispose();
    expect(() => lookahead(scheduleFreeAdamW())).toThrow('no average of its own');
  });
});
