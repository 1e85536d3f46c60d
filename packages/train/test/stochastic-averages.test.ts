import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { batchNormalization, disposeBatch, type BatchSource } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  evaluate,
  fit,
  reestimateBatchNorm,
  sgd,
  type Callback,
  type FitOptions,
  type TrainingState,
} from '../src';

import { IMAGE_SHAPE, memorySource } from './support/memory-source';
import { tinyModel, weightValues } from './support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function withBatchNorm(seed = 7): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed });
  return tfl.sequential({
    layers: [
      batchNormalization({ name: 'norm', inputShape: [...IMAGE_SHAPE] }),
      tfl.layers.flatten({ name: 'flat' }),
      tfl.layers.dropout({ rate: 0.3, name: 'drop' }),
      tfl.layers.dense({ units: 3, kernelInitializer, name: 'dense' }),
      batchNormalization({ name: 'last' }),
      tfl.layers.softmax({ name: 'softmax' }),
    ],
  });
}

const plain: FitOptions = {
  train: memorySource(),
  validation: memorySource({ seed: 2 }),
  epochs: 4,
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }),
};
const options: FitOptions = { ...plain, averageWeights: { fromEpoch: 1 } };

/** Mean and variance, with Bessel's correction, of each channel of a source's batches; the mean over the batches of each. */
async function statisticsOf(source: BatchSource, epoch: number): Promise<number[][]> {
  const sums: tf.Tensor[][] = [];
  for await (const batch of source.batches({ epoch })) {
    const count = batch.images.size / 3;
    const { mean, variance } = tf.moments(batch.images, [0, 1, 2]);
    sums.push([mean, tf.tidy(() => tf.mul(variance, count / (count - 1)))]);
    tf.dispose(variance);
    disposeBatch(batch);
  }
  const means = [0, 1].map((which) =>
    tf.tidy(() => [...tf.mean(tf.stack(sums.map((each) => each[which]!)), 0).dataSync()]),
  );
  tf.dispose(sums);
  return means;
}

describe('averageWeights over epochs', () => {
  it('ends with the mean of the epochs’ weights and batch norms measured anew', async () => {
    const model = withBatchNorm();
    const ends: number[][] = [];
    const watch: Callback = {
      name: 'watch',
      onEpochEnd: (run) => {
        ends.push([...run.model.getLayer('dense').weights[0]!.read().dataSync()]);
      },
    };
    const { epochs } = await fit(model, { ...options, callbacks: [watch] });
    const kernel = [...model.getLayer('dense').weights[0]!.read().dataSync()];
    kernel.forEach((value, index) =>
      expect(value).toBeCloseTo(
        ends.slice(1).reduce((sum, end) => sum + end[index]! / 3, 0),
        5,
      ),
    );
    const [mean, variance] = await statisticsOf(options.train, 3);
    const averages = model
      .getLayer('norm')
      .weights.slice(-2)
      .map((weight) => [...weight.read().dataSync()]);
    [mean!, variance!].forEach((row, index) =>
      row.forEach((value, at) => expect(averages[index]![at]).toBeCloseTo(value, 5)),
    );
    expect((await evaluate(model, options.validation!)).loss).toBeCloseTo(
      epochs.at(-1)!.metrics['valLoss']!,
      5,
    );
    model.dispose();
  });

  it.each(['in the middle', 'at the end of an epoch', 'in its validation'])(
    'resumes bit for bit: %s',
    async (place) => {
      const unbroken = withBatchNorm();
      await fit(unbroken, options);
      const controller = new AbortController();
      const states: TrainingState[] = [];
      const steps = { 'in the middle': 8, 'at the end of an epoch': 9, 'in its validation': -1 };
      const stop: Callback = {
        name: 'stop',
        onStepEnd: (_run, { step }) => {
          if (step === steps[place as keyof typeof steps]) controller.abort(new Error('enough'));
        },
        onAbort: async (run) => {
          states.push(await run.captureState());
        },
      };
      const validation: BatchSource = {
        ...options.validation!,
        batches: (request) => {
          if (place === 'in its validation' && request.epoch === 2) controller.abort(new Error('enough'));
          return options.validation!.batches(request);
        },
      };
      const model = withBatchNorm();
      await expect(
        fit(model, { ...options, validation, callbacks: [stop], signal: controller.signal }),
      ).rejects.toThrow('enough');
      const resumed = withBatchNorm(99);
      await fit(resumed, { ...options, resume: states[0]! });
      expect(weightValues(resumed)).toEqual(weightValues(unbroken));
      for (const each of [unbroken, model, resumed]) each.dispose();
    },
  );

  it('is the model itself before the first epoch that counts', async () => {
    const [unaveraged, averaged] = [withBatchNorm(), withBatchNorm()];
    await fit(unaveraged, plain);
    await fit(averaged, { ...options, averageWeights: { fromEpoch: 9 } });
    expect(weightValues(averaged)).toEqual(weightValues(unaveraged));
    unaveraged.dispose();
    averaged.dispose();
  });

  it.each([
    [{}, /either decay or fromEpoch/],
    [{ decay: 0.9, fromEpoch: 1 }, /either decay or fromEpoch/],
    [{ decay: 0.9, batchNormBatches: 1 }, /batchNormBatches/],
  ])('refuses %j', async (averageWeights, message) => {
    const model = tinyModel();
    await expect(fit(model, { ...options, averageWeights })).rejects.toThrow(message);
    model.dispose();
  });
});

it('reestimateBatchNorm runs as many batches as it is told and leaves the momentum', async () => {
  const model = withBatchNorm();
  const layer = model.getLayer('norm') as unknown as { momentum: number };
  const numbers: number[] = [];
  await reestimateBatchNorm(model, options.train, { batches: 2, onBatch: (batch) => numbers.push(batch) });
  expect([numbers, layer.momentum]).toEqual([[0, 1], 0.99]);
  model.dispose();
});

describe('validationFrequency', () => {
  it('validates every few epochs and at the end, and what watches waits', async () => {
    const model = tinyModel();
    const { epochs } = await fit(model, { ...plain, epochs: 5, validationFrequency: 2 });
    expect(epochs.map(({ metrics }) => 'valLoss' in metrics)).toEqual([false, true, false, true, true]);
    model.dispose();
  });
});

describe('distillation', () => {
  it('learns what a teacher knows without its labels', async () => {
    const teacher = tinyModel({ seed: 3 });
    await fit(teacher, { ...plain, epochs: 15 });
    const before = weightValues(teacher);
    const student = tinyModel();
    const distillation = { teacher, share: 1, temperature: 2 };
    await fit(student, { ...plain, epochs: 15, classWeights: [0, 0, 0], distillation });
    expect((await evaluate(student, plain.train)).accuracy).toBe(1);
    expect(weightValues(teacher)).toEqual(before);
    teacher.dispose();
    student.dispose();
  });

  it('refuses the model itself and a teacher of other classes', async () => {
    const model = tinyModel();
    const other = tinyModel({ classes: 4 });
    const withTeacher = (teacher: tfl.LayersModel): Promise<unknown> =>
      fit(model, { ...options, distillation: { teacher } });
    await expect(withTeacher(model)).rejects.toThrow(/another model than the one to train/);
    await expect(withTeacher(other)).rejects.toThrow(/4 classes/);
    model.dispose();
    other.dispose();
  });
});
