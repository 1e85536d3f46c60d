import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';
import { modelWeights, saveKeras, saveKerasH5, saveKerasWeights } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  fit,
  fromKerasOptimizer,
  loadKerasModel,
  loadKerasOptimizer,
  loadKerasWeights,
  toKerasOptimizer,
  type Callback,
  type KerasOptimizer,
} from '../src';

const script = fileURLToPath(new URL('keras_training.py', import.meta.url));

type Weights = Record<string, number[]>;

const place = temporaryDirectory('suite');
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const keras = <Result>(job: object): Promise<Result> => runOracle(script, job, place('job.json'));

/** The batch that keras_training.py trains on, once an epoch. */
const train: BatchSource = {
  classNames: ['a', 'b', 'c'],
  imageShape: [6, 6, 3],
  exampleCount: 4,
  batchSize: 4,
  batchesPerEpoch: 1,

  batches: async function* () {
    const pixels = Float32Array.from({ length: 4 * 6 * 6 * 3 }, (_, i) => Math.sin(1.7 * i + 0.5));
    yield await Promise.resolve({
      images: tf.tensor4d(pixels, [4, 6, 6, 3]),
      labels: tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0], [4, 3]),
      sources: ['0', '1', '2', '3'],
    });
  },
};

/** The largest difference, relative to the largest value of its weight; moving variances, which Keras 3 has biased, apart. */
function difference(model: tfl.LayersModel, weights: Weights): number {
  const differences = modelWeights(model).map(({ name, variable }) => {
    if (name.endsWith('moving_variance')) return 0;
    const values = weights[name]!;
    const largest = Math.max(...values.map(Math.abs)) || 1;
    const ours = [...variable.read().dataSync()];
    return Math.max(...ours.map((value, i) => Math.abs(value - values[i]!))) / largest;
  });
  return Math.max(...differences);
}

const FALLING = {
  module: 'keras.optimizers.schedules',
  registered_name: null,
  class_name: 'PiecewiseConstantDecay',
  config: { boundaries: [1], values: [0.5, 0.05] },
};

const OPTIMIZERS = [
  ['SGD', { learning_rate: 0.05 }],
  ['SGD', { learning_rate: 0.05, momentum: 0.9 }],
  ['SGD', { learning_rate: 0.05, momentum: 0.9, nesterov: true, global_clipnorm: 0.1 }],
  ['Adam', { learning_rate: 0.01, beta_1: 0.8 }],
  ['AdamW', { learning_rate: 0.01, weight_decay: 0.1, clipvalue: 0.01 }],
  // The rate falls after the second update: what comes back is the schedule at the step that Keras had reached.
  ['SGD', { learning_rate: FALLING, momentum: 0.9 }],
  ['RMSprop', { learning_rate: 0.01, rho: 0.8 }],
  ['RMSprop', { learning_rate: 0.01, rho: 0.8, momentum: 0.5, centered: true }],
] as const;

describe.skipIf(isOracleAbsent)(`training that goes from Keras to the zoo and back${ORACLE_NOTE}`, () => {
  it.each(OPTIMIZERS)('has the same numbers with %s %j', async (className, config) => {
    const prefix = place('run');
    const [fourth, fifth] = await keras<[Weights, Weights]>({
      optimizer: { class_name: className, config },
      prefix,
    });
    const endings = ['.keras', '.h5', '.weights.h5'] as const;
    let setup: KerasOptimizer | undefined;
    for (const ending of endings) {
      const isWeights = ending === '.weights.h5';
      const model = await loadKerasModel(`${prefix}${isWeights ? '.keras' : ending}`);
      if (isWeights) await loadKerasWeights(model, prefix + ending);
      const optimizer = await loadKerasOptimizer(model, prefix + ending, isWeights ? { setup: setup! } : {});
      expect(optimizer.iterations).toBe(3);
      setup = optimizer;
      const back = saveBack(`${prefix}-back${ending}`, optimizer);
      await fit(model, { train, epochs: 1, callbacks: [back], ...fromKerasOptimizer(model, optimizer) });
      expect(difference(model, fourth), ending).toBeLessThan(1e-5);
      model.dispose();
    }
    const answers = await keras<{ weights: Weights; iterations: number }[]>({
      load: endings.map((ending) => `${prefix}-back${ending}`),
      like: `${prefix}-back.keras`,
    });
    const model = await loadKerasModel(`${prefix}-back.keras`);
    for (const [i, { weights, iterations }] of answers.entries()) {
      expect(iterations).toBe(5);
      setWeights(model, weights);
      expect(difference(model, fifth), `${endings[i]!} and back`).toBeLessThan(1e-5);
    }
    model.dispose();
  });
});

/** Saves the model for Keras when training ends; clipping is what `fit` does, so Keras' own is told again. */
function saveBack(path: string, { settings }: KerasOptimizer): Callback {
  const save = path.endsWith('.keras')
    ? saveKeras
    : path.endsWith('.weights.h5')
      ? saveKerasWeights
      : saveKerasH5;
  return {
    name: 'saveBack',
    onTrainEnd: async (run) => {
      const optimizer = await toKerasOptimizer(run);
      await save(run.model, path, {
        optimizer: { ...optimizer, settings: { ...settings, ...optimizer.settings } },
      });
    },
  };
}

function setWeights(model: tfl.LayersModel, weights: Weights): void {
  tf.tidy(() => {
    for (const { name, variable } of modelWeights(model)) {
      variable.write(tf.tensor(weights[name]!, variable.shape as number[]));
    }
  });
}
