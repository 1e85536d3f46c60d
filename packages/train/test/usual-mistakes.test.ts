import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { setModelMetadata, type Batch, type BatchSource } from '@zoo/core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  createTrainStep,
  evaluate,
  fit,
  overfitOneBatch,
  predict,
  sgd,
  type Callback,
  type FitOptions,
} from '../src';
import { progressBar } from '../src/node';

import { IMAGE_SHAPE, memorySource } from './support/memory-source';
import { tinyModel } from './support/tiny-model';

// Mistakes that a type or a glance does not show, each of which was an error from inside TensorFlow.js, or a wrong result in silence.

let model: tfl.LayersModel;
let tensors: number;

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  tensors = tf.memory().numTensors;
  model = tinyModel({ classes: 3 });
});
afterEach(() => {
  model.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

/** One-hot rows of the first classes. */
const rows = (count: number, classes: number): tf.Tensor =>
  tf.cast(tf.oneHot(tf.range(0, count, 1, 'int32'), classes), 'float32');

/** A source of one batch of two pictures, of which some tensors are as the test wants them. */
function sourceOf(made: { images?: () => tf.Tensor; labels?: () => tf.Tensor }): BatchSource {
  return {
    ...memorySource({ exampleCount: 2, batchSize: 2 }),
    async *batches() {
      const images = made.images ?? (() => tf.ones([2, ...IMAGE_SHAPE]));
      const labels = made.labels ?? (() => rows(2, 3));
      yield await Promise.resolve({
        images: images(),
        labels: tf.tidy(labels),
        sources: ['a', 'b'],
      } as Batch);
    },
  };
}

const trainOn = (train: unknown, options: Partial<FitOptions> = {}) =>
  fit(model, { train: train as BatchSource, epochs: 1, optimizer: sgd(), ...options });

describe('a batch of another form than the model reads', () => {
  const cases: [string, Parameters<typeof sourceOf>[0], RegExp][] = [
    [
      'pictures of another size',
      { images: () => tf.ones([2, 8, 8, 3]) },
      /Expected \[size, .+\] for `batch\.images` but received \[2, 8, 8, 3\]\. Resize/,
    ],
    ['pictures without a batch', { images: () => tf.ones([...IMAGE_SHAPE]) }, /for `batch\.images`/],
    [
      'more columns than classes',
      { labels: () => rows(2, 5) },
      /Expected \[2, 3\], one row per picture .+ `batch\.labels` but received \[2, 5\]/,
    ],
    [
      'numbers for labels',
      { labels: () => tf.tensor1d([0, 1]) },
      /received \[2\]\. tf\.oneHot\(numbers, 3\) makes rows/,
    ],
    ['fewer labels than pictures', { labels: () => rows(1, 3) }, /received \[1, 3\]/],
    [
      'disposed pictures',
      {
        images: () => {
          const images = tf.ones([2, ...IMAGE_SHAPE]);
          images.dispose();
          return images;
        },
      },
      /Expected a tensor for `batch\.images` but received "one that is disposed"/,
    ],
  ];
  it.each(cases)('is refused in training: %s', async (_, made, message) => {
    await expect(trainOn(sourceOf(made))).rejects.toThrow(message);
  });

  it.each(cases)('is refused in measuring: %s', async (_, made, message) => {
    await expect(evaluate(model, sourceOf(made))).rejects.toThrow(message);
    await expect(predict(model, sourceOf(made))).rejects.toThrow(message);
  });

  it('is refused by a step', async () => {
    const step = createTrainStep(model, { optimizer: sgd() });
    const batch = tf.tidy(() => ({ images: tf.ones([2, 8, 8, 3]), labels: tf.ones([2, 3]), sources: [] }));
    await expect(step.run(batch as unknown as Batch)).rejects.toThrow(/for `batch\.images`/);
    step.dispose();
    tf.dispose([batch.images, batch.labels]);
  });
});

describe('labels out of range', () => {
  const source = sourceOf({ labels: () => tf.cast(tf.oneHot(tf.tensor1d([0, 3], 'int32'), 3), 'float32') });

  it('are refused: one-hot rows of zeros teach nothing', async () => {
    const message =
      /Expected labels with a class for each example for `options\.train` but received "none for 'b'"\. Count classes from 0 to 2\./;
    await expect(trainOn(source)).rejects.toThrow(message);
    await expect(evaluate(model, source)).rejects.toThrow(/class for each example for `source`/);
  });

  it('are refused in any batch, before its update', async () => {
    const right = sourceOf({});
    const batches: BatchSource['batches'] = async function* (request) {
      yield* right.batches(request);
      yield* source.batches(request);
    };
    const own = tinyModel({ classes: 3 });
    const steps: number[] = [];
    const train = { ...right, exampleCount: 4, batchesPerEpoch: 2, batches };
    const callbacks = [
      { name: 'count', onStepEnd: (_: unknown, { step }: { step: number }) => void steps.push(step) },
    ];
    await expect(fit(own, { train, epochs: 1, optimizer: sgd(), callbacks })).rejects.toThrow(/none for 'b'/);
    expect(steps).toEqual([1]);
    own.dispose();
  });

  it('are what examples without a class have where there may be several', async () => {
    const several = tinyModel({ classes: 3 });
    setModelMetadata(several, { head: 'multiLabel' });
    await fit(several, { train: { ...source, isMultiLabel: true }, epochs: 1, optimizer: sgd() });
    several.dispose();
  });
});

describe('what is given for a source or a model', () => {
  const source = memorySource();
  it.each<[string, unknown, RegExp]>([
    ['a promise', Promise.resolve(source), /Expected a source of batches for .+ a Promise\. Await it\./],
    [
      'a set',
      { classNames: ['a', 'b', 'c'], examples: [] },
      /Make batches of the set: await imageBatches\(set, \{ imageSize: 64 \}\)\./,
    ],
    ['nothing', undefined, /received undefined\. Give it what imageBatches\(\) makes/],
  ])('%s is no source', async (_, given, message) => {
    await expect(trainOn(given)).rejects.toThrow(message);
    if (given !== undefined)
      await expect(trainOn(source, { validation: given as BatchSource })).rejects.toThrow(message);
    await expect(evaluate(model, given as BatchSource)).rejects.toThrow(message);
    await expect(predict(model, given as BatchSource)).rejects.toThrow(message);
    await expect(overfitOneBatch(model, { train: given as BatchSource, optimizer: sgd() })).rejects.toThrow(
      message,
    );
  });

  it('a promise is no model, and a disposed model none any more', async () => {
    const promise = Promise.resolve(model) as unknown as tfl.LayersModel;
    const options = { train: source, epochs: 1, optimizer: sgd() };
    await expect(fit(promise, options)).rejects.toThrow(/LayersModel .+ received a Promise\. Await it\./);
    await expect(evaluate(promise, source)).rejects.toThrow(/received a Promise/);
    const disposed = tinyModel({ classes: 3 });
    disposed.dispose();
    for (const call of [fit(disposed, options), evaluate(disposed, source), predict(disposed, source)]) {
      await expect(call).rejects.toThrow(/received "one that is disposed"\. Build or load it again\./);
    }
  });
});

describe('a schedule', () => {
  it.each([Number.NaN, undefined, -0.1, Infinity, '0.1'])('of %s is refused at its step', async (rate) => {
    const schedule = (step: number) => (step === 1 ? rate : 0.1) as number;
    await expect(trainOn(memorySource(), { schedule })).rejects.toThrow(
      /Expected a finite rate of at least 0 at step 1 for `options\.schedule` but received/,
    );
  });
});

describe('callbacks', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a maker of one',
      [progressBar],
      /object with a name .+ `options\.callbacks\[0\]` .+Call it: progressBar\(\)\./,
    ],
    ['one without a list', { name: 'mine' }, /Expected a list of callbacks .+ Put it in brackets/],
    ['one without a name', [{ onEpochEnd: () => undefined }], /Give it a name\./],
  ])('are refused: %s', async (_, callbacks, message) => {
    await expect(trainOn(memorySource(), { callbacks: callbacks as readonly Callback[] })).rejects.toThrow(
      message,
    );
  });
});

describe('runs that have nothing to measure', () => {
  it('are refused: validation of no batches, and answers that are no numbers', async () => {
    const empty: BatchSource = { ...memorySource(), async *batches() {} };
    await expect(trainOn(memorySource(), { validation: empty })).rejects.toThrow(
      /Expected batches from `options\.validation` but the epoch held none\./,
    );
    const nothing = sourceOf({ images: () => tf.fill([2, ...IMAGE_SHAPE], Number.NaN) });
    await expect(evaluate(model, nothing)).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringMatching(/The model answers 'a' with NaN\./) as string,
    });
    await expect(predict(model, nothing)).rejects.toMatchObject({ code: 'not-finite' });
  });
});

describe('two runs of one model', () => {
  it('do not train it at once, and do one after the other', async () => {
    const [first, second] = await Promise.allSettled([trainOn(memorySource()), trainOn(memorySource())]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/Await that call, or train a second model\./) as string },
    });
    await expect(trainOn(memorySource(), { schedule: () => Number.NaN })).rejects.toThrow();
    await expect(trainOn(memorySource())).resolves.toBeDefined();
  });
});
