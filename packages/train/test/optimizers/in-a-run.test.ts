import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

import {
  adagrad,
  fit,
  kerasSgd,
  lamb,
  lars,
  lion,
  lookahead,
  muon,
  nadam,
  rmsProp,
  sgd,
  type Callback,
  type TrainingState,
} from '../../src';
import { memorySource } from '../support/memory-source';
import { tinyModel, weightValues } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it.each([
  adagrad({ learningRate: 0.05, initialAccumulator: 0.1 }),
  kerasSgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  lamb({ learningRate: 0.02, weightDecay: 0.01 }),
  lars({ learningRate: 1, trustCoefficient: 0.05, weightDecay: 1e-3 }),
  lion({ learningRate: 0.003, weightDecay: 0.01 }),
  lookahead(sgd({ learningRate: 0.1, momentum: 0.9 }), { syncSteps: 3 }),
  muon({ learningRate: 0.02 }),
  nadam({ learningRate: 0.01 }),
  rmsProp({ learningRate: 0.005, momentum: 0.5, centered: true }),
])('$name learns, holds no more tensors from step to step and resumes bit for bit', async (optimizer) => {
  const model = tinyModel();
  const counts = new Set<number>();
  const states: TrainingState[] = [];
  const watch: Callback = {
    name: 'watch',
    onStepEnd: () => {
      counts.add(tf.memory().numTensors);
    },
    onStepSettled: async (run, { step }) => {
      if (step === 4) states.push(await run.captureState());
    },
  };
  const options = { train: memorySource(), epochs: 3, optimizer };
  const { epochs } = await fit(model, { ...options, callbacks: [watch] });
  expect(counts.size).toBe(1);
  expect(epochs.at(-1)!.metrics['loss']).toBeLessThan(epochs[0]!.metrics['loss']!);
  const resumed = tinyModel({ seed: 99 });
  await fit(resumed, { ...options, resume: states[0]! });
  expect(weightValues(resumed)).toEqual(weightValues(model));
  model.dispose();
  resumed.dispose();
});
