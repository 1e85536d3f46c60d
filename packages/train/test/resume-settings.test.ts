import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  adam,
  adamW,
  constant,
  earlyStopping,
  fit,
  ResumeMismatchError,
  sgd,
  type Callback,
  type FitOptions,
  type TrainingState,
} from '../src';

import { memorySource } from './support/memory-source';
import { tinyModel } from './support/tiny-model';

const optimizer = sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 });
const train = { ...memorySource(), settings: { seed: 1, normalization: 'scale' } };

function capture(): { states: TrainingState[]; callback: Callback } {
  const states: TrainingState[] = [];
  return {
    states,
    callback: {
      name: 'capture',
      onEpochSettled: async (run) => {
        states.push(await run.captureState());
      },
    },
  };
}

let resume: TrainingState;

beforeAll(async () => {
  await tf.setBackend('cpu');
  const model = tinyModel();
  const { states, callback } = capture();
  await fit(model, { train, epochs: 3, optimizer, callbacks: [callback] });
  resume = states[1]!;
  model.dispose();
});

/** Names of the settings that stand in the way of going on with other options. */
async function differences(options: Partial<FitOptions>, model = tinyModel()): Promise<readonly string[]> {
  try {
    await fit(model, { train, epochs: 3, optimizer, resume, ...options });
    return [];
  } catch (error) {
    if (!(error instanceof ResumeMismatchError)) throw error;
    return error.differences.map(({ setting }) => setting);
  } finally {
    model.dispose();
  }
}

describe('a resumed run', () => {
  const cases: Record<string, [options: Partial<FitOptions>, settings: string[]]> = {
    'nothing else': [{}, []],
    'more epochs': [{ epochs: 5 }, []],
    'fewer epochs': [{ epochs: 2 }, ['epochs']],
    'its classes in another order': [
      { train: { ...train, classNames: ['pilot', 'judge', 'cook'] } },
      ['train.classNames'],
    ],
    "another seed of the source's": [
      { train: { ...train, settings: { ...train.settings, seed: 2 } } },
      ['train.seed'],
    ],
    'another normalization': [
      { train: { ...train, settings: { ...train.settings, normalization: 'torch' } } },
      ['train.normalization'],
    ],
    'another batch size': [
      { train: { ...memorySource({ batchSize: 5 }), settings: train.settings } },
      ['train.batchSize', 'train.batchesPerEpoch'],
    ],
    'another seed': [{ seed: 1 }, ['seed']],
    'another learning rate': [
      { optimizer: sgd({ learningRate: 0.5, momentum: 0.9, weightDecay: 1e-4 }) },
      ['schedule'],
    ],
    'another schedule': [{ schedule: constant(0.9) }, ['schedule']],
    'another momentum': [
      { optimizer: sgd({ learningRate: 0.05, momentum: 0.5, weightDecay: 1e-4 }) },
      ['optimizer.momentum'],
    ],
    'other weights that decay': [
      {
        optimizer: sgd({
          learningRate: 0.05,
          momentum: 0.9,
          weightDecay: 1e-4,
          weightDecayFilter: () => true,
        }),
      },
      ['optimizer.weightDecayFilter'],
    ],
    'label smoothing': [{ labelSmoothing: 0.2 }, ['labelSmoothing']],
    'binary cross-entropy': [{ loss: 'binaryCrossEntropy' }, ['loss']],
    'a focal loss': [{ focal: { gamma: 1 } }, ['focal']],
    'weights of examples': [
      { sampleWeights: new Map(Array.from({ length: 10 }, (_, index) => [`picture-${index}.png`, index])) },
      ['sampleWeights'],
    ],
    'class weights': [{ classWeights: [1, 5, 9] }, ['classWeights']],
    clipping: [{ clipGradients: { globalNorm: 0.01 } }, ['clipGradients']],
    'accumulated gradients': [{ accumulateSteps: 3 }, ['accumulateSteps']],
    'averaged weights': [{ averageWeights: { decay: 0.9 } }, ['averageWeights']],
    'a callback that steers': [
      { callbacks: [earlyStopping({ monitor: 'loss', patience: 3 })] },
      ['monitor', 'patience', 'minimumChange', 'startEpoch', 'restoreBest'].map(
        (name) => `callbacks.earlyStopping.${name}`,
      ),
    ],
    'a callback that watches': [{ callbacks: [{ name: 'watching' }] }, []],
  };
  it.each(Object.entries(cases))('with %s', async (_name, [options, settings]) => {
    expect(await differences(options)).toEqual(settings);
  });

  it('with another optimizer is told the optimizer first', async () => {
    const [first] = await differences({ optimizer: adam() });
    expect(first).toBe('optimizer.name');
  });

  it('with other layers, or others of them frozen, is refused', async () => {
    expect(await differences({}, tinyModel({ dropRate: 0.5 }))).toEqual(['model.layers']);
    const frozen = tinyModel();
    frozen.getLayer('conv').trainable = false;
    expect(await differences({}, frozen)).toContain('model.trainable');
  });

  it('names both values and how to change one on purpose', async () => {
    const model = tinyModel();
    await expect(
      fit(model, { train, epochs: 3, optimizer, resume, seed: 1, labelSmoothing: 0.2 }),
    ).rejects.toThrow(
      /`labelSmoothing` was 0 and is 0\.2; `seed` was 0 and is 1\. .*`allowChanges: \['labelSmoothing', 'seed'\]`/,
    );
    model.dispose();
  });

  it('may change what is named', async () => {
    expect(await differences({ schedule: constant(0.9), allowChanges: ['schedule'] })).toEqual([]);
    expect(
      await differences({ seed: 1, optimizer: adamW(), allowChanges: ['optimizer', 'schedule'] }),
    ).toEqual(['seed']);
  });

  it('is refused a group that does not exist', async () => {
    await expect(differences({ allowChanges: ['schedul'] })).rejects.toThrow("Did you mean 'schedule'?");
  });

  it('never has fewer epochs than are finished', async () => {
    await expect(differences({ epochs: 1, allowChanges: ['epochs'] })).rejects.toThrow(
      /Expected at least 2 for `options\.epochs`/,
    );
  });
});
