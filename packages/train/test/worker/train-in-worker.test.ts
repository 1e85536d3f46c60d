import * as tf from '@tensorflow/tfjs-core';
import { modelMetadata, type BatchSource } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { adamW, cosineDecay, earlyStopping, fit, sgd, type FitOptions, type History } from '../../src';
import {
  trainInWorker,
  type TrainInWorkerOptions,
  type TrainingPort,
  type WorkerStep,
} from '../../src/worker';
import { memorySource } from '../support/memory-source';
import { tinyModel, weightValues } from '../support/tiny-model';

import { messageWorker, servingWorker, type MessageWorker } from './message-worker';

let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', threads: 1 });
});
afterAll(() => engine.dispose());

const RECIPE = { epochs: 2, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) };

interface Trained {
  readonly weights: number[][];
  readonly history: History;
}

async function onPage(options: Partial<FitOptions> = {}): Promise<Trained> {
  const model = tinyModel({ dropRate: 0.3 });
  const history = await fit(model, { train: memorySource(), ...RECIPE, ...options });
  const weights = weightValues(model);
  model.dispose();
  return { weights, history };
}

async function inWorker(
  options: Partial<TrainInWorkerOptions> = {},
  worker: MessageWorker = servingWorker(),
): Promise<Trained> {
  const model = tinyModel({ dropRate: 0.3 });
  try {
    const history = await trainInWorker(model, {
      worker: () => worker,
      train: memorySource(),
      ...RECIPE,
      ...options,
    });
    return { weights: weightValues(model), history };
  } finally {
    expect(worker.isTerminated()).toBe(true);
    model.dispose();
  }
}

/** The error that training ends in. */
async function failure(options: Partial<TrainInWorkerOptions>, worker?: MessageWorker): Promise<Error> {
  const tensors = tf.memory().numTensors;
  const error = await inWorker(options, worker).then(
    () => new Error('none'),
    (caught: unknown) => caught as Error,
  );
  // Its side runs in this thread, and comes to its end a little later.
  await vi.waitFor(() => expect(tf.memory().numTensors).toBe(tensors));
  return error;
}

const metricsOf = ({ epochs }: History) => epochs.map(({ metrics }) => metrics);

describe('trainInWorker', () => {
  const runs: [string, Partial<FitOptions> & Partial<TrainInWorkerOptions>][] = [
    ['with dropout and validation', { validation: memorySource({ seed: 2 }), seed: 5, topK: 2 }],
    ['by a schedule', { schedule: cosineDecay({ initial: 0.1, decaySteps: 6 }) }],
    ["by the optimizer's own schedule", { optimizer: adamW({ learningRate: (step) => 0.01 / (step + 1) }) }],
    [
      'with a filter of weight decay',
      {
        optimizer: sgd({
          learningRate: 0.1,
          weightDecay: 0.1,
          weightDecayFilter: ({ name }) => name === 'conv/kernel',
        }),
      },
    ],
    [
      'with accumulated batches, clipping and averages',
      { accumulateSteps: 2, clipGradients: { globalNorm: 0.5 }, averageWeights: { decay: 0.9 } },
    ],
    [
      'with frozen layers',
      {
        freezing: [
          { fromEpoch: 0, frozen: 'conv' },
          { fromEpoch: 1, frozen: null },
        ],
      },
    ],
    [
      'with factors of the learning rate',
      { learningRateFactors: ({ name }) => (name.startsWith('conv') ? 0.1 : 1) },
    ],
    [
      'with weights of examples',
      { sampleWeights: new Map(Array.from({ length: 10 }, (_, i) => [`picture-${i}.png`, i / 5])) },
    ],
  ];
  it.each(runs)(
    'gives the weights and the history that fit gives, bit for bit: %s',
    async (_name, options) => {
      const [page, worker] = [await onPage(options), await inWorker(options)];
      expect(worker.weights).toEqual(page.weights);
      expect(metricsOf(worker.history)).toEqual(metricsOf(page.history));
    },
  );

  it('keeps layers frozen that are frozen, and flags of weights that differ from their layer', async () => {
    const results = [];
    for (const place of ['page', 'worker']) {
      const model = tinyModel();
      model.getLayer('conv').trainable = false;
      const before = weightValues(model);
      if (place === 'page') await fit(model, { train: memorySource(), ...RECIPE });
      else await trainInWorker(model, { worker: servingWorker, train: memorySource(), ...RECIPE });
      const after = weightValues(model);
      expect(after.filter((values, at) => String(values) !== String(before[at]))).toHaveLength(2);
      results.push(after);
      model.dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('writes into the model what fit writes: class names and how pictures are read', async () => {
    const model = tinyModel();
    await trainInWorker(model, { worker: servingWorker, train: memorySource(), ...RECIPE });
    expect(modelMetadata(model)).toMatchObject({ classNames: ['cook', 'judge', 'pilot'] });
    model.dispose();
  });

  it('tells of each update and epoch, with rate and time left', async () => {
    const steps: WorkerStep[] = [];
    const epochs: number[] = [];
    await inWorker({
      progressIntervalMs: 0,
      onStep: (step) => steps.push(step),
      onEpoch: ({ epoch }) => epochs.push(epoch),
    });
    expect(epochs).toEqual([0, 1]);
    expect(steps.map(({ step, epoch, batch }) => [step, epoch, batch])).toEqual([
      ...[1, 2, 3].map((batch) => [batch, 0, batch]),
      ...[1, 2, 3].map((batch) => [3 + batch, 1, batch]),
    ]);
    const last = steps.at(-1)!;
    expect(last).toMatchObject({ epochs: 2, batchesPerEpoch: 3, learningRate: 0.1 });
    expect(last.examplesPerSecond).toBeGreaterThan(0);
    expect(steps[0]!.runLeftMs).toBeGreaterThan(0);
    expect(last.epochSoFar.examples).toBe(10);
  });

  it('tells of no more than the last update of an epoch where others come too soon', async () => {
    const batches: number[] = [];
    await inWorker({ progressIntervalMs: 1e9, onStep: ({ batch }) => batches.push(batch) });
    expect(batches).toEqual([1, 3, 3]);
  });

  it('changes the model only at the end, or after each epoch on request', async () => {
    for (const updateEachEpoch of [false, true]) {
      const model = tinyModel();
      const start = String(weightValues(model));
      const changed: boolean[] = [];
      await trainInWorker(model, {
        ...{ worker: servingWorker, train: memorySource(), ...RECIPE, updateEachEpoch },
        onEpoch: () => changed.push(String(weightValues(model)) !== start),
      });
      expect(changed).toEqual([updateEachEpoch, updateEachEpoch]);
      expect(String(weightValues(model))).not.toBe(start);
      model.dispose();
    }
  });

  it('asks for batches as they are needed: the source is never more than three ahead of the updates', async () => {
    let made = 0;
    let done = 0;
    const ahead: number[] = [];
    const train = memorySource({ exampleCount: 40, onBatch: () => ahead.push(++made - done) });
    await inWorker({ train, epochs: 1, progressIntervalMs: 0, onStep: ({ batch }) => (done = batch) });
    expect(made).toBe(10);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(4);
  });

  it('leaves the arrays alone that a source keeps', async () => {
    await tf.setBackend('cpu');
    const images = new Float32Array(2 * 48).fill(0.5);
    const labels = Float32Array.from([1, 0, 0, 0, 1, 0]);
    const train: BatchSource = {
      ...memorySource(),
      ...{ exampleCount: 2, batchSize: 2, batchesPerEpoch: 1 },
      batches: async function* () {
        yield await Promise.resolve({
          images: tf.tensor4d(images, [2, 4, 4, 3]),
          labels: tf.tensor2d(labels, [2, 3]),
          sources: ['a', 'b'],
        });
      },
    };
    await inWorker({ train, epochs: 3 });
    await tf.setBackend('wasm');
    expect([images.length, labels.length]).toEqual([96, 6]);
  });
});

describe('what the worker adds', () => {
  it('takes sources, rule and callbacks that its function makes of workerData', async () => {
    const worker = servingWorker((data) => {
      const { seed, patience } = data as { seed: number; patience: number };
      return {
        train: memorySource({ seed }),
        validation: memorySource({ seed: 9 }),
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [earlyStopping({ monitor: 'valLoss', patience })],
      };
    });
    const model = tinyModel();
    const { stopReason } = await trainInWorker(model, {
      worker: () => worker,
      workerData: { seed: 4, patience: 2 },
      epochs: 50,
    });
    expect(stopReason).toMatch(/^earlyStopping/);
    expect(worker.sent.map(({ type }) => type)).toEqual(['begin']);
    model.dispose();
  });

  it("applies the page's schedule to the worker's source, however long that is", async () => {
    const schedule = cosineDecay({ initial: 0.1, decaySteps: 14 });
    const train = memorySource({ exampleCount: 28 });
    const page = await onPage({ train, schedule });
    const worker = servingWorker(() => ({ train }));
    const model = tinyModel({ dropRate: 0.3 });
    await trainInWorker(model, { worker: () => worker, ...RECIPE, schedule });
    expect(weightValues(model)).toEqual(page.weights);
    model.dispose();
  });

  it.each([
    ['train', { train: undefined }],
    ['optimizer', { optimizer: undefined }],
  ])('says that neither page nor worker gave %s', async (name, options) => {
    const error = await failure(options as unknown as Partial<TrainInWorkerOptions>);
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(error.message).toContain(`\`options.${name}\``);
  });
});

describe('the end of a training', () => {
  it('rejects with the reason of an aborted signal and leaves the model as it was', async () => {
    const abort = new AbortController();
    const reason = new Error('The user has closed the page.');
    const model = tinyModel();
    const before = weightValues(model);
    const worker = servingWorker();
    await expect(
      trainInWorker(model, {
        ...{ worker: () => worker, train: memorySource(), ...RECIPE, epochs: 1000, progressIntervalMs: 0 },
        signal: abort.signal,
        onStep: ({ step }) => {
          if (step === 2) abort.abort(reason);
        },
      }),
    ).rejects.toBe(reason);
    expect(worker.isTerminated()).toBe(true);
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });

  it('starts no worker where the signal is aborted already', async () => {
    const model = tinyModel();
    const worker = () => expect.unreachable();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(trainInWorker(model, { worker, train: memorySource(), ...RECIPE, signal })).rejects.toThrow(
      'too late',
    );
    model.dispose();
  });

  it('ends in order where it is told to stop: the model has what was learnt', async () => {
    const stop = new AbortController();
    const model = tinyModel();
    const before = weightValues(model);
    const history = await trainInWorker(model, {
      ...{ worker: servingWorker, train: memorySource(), ...RECIPE, epochs: 1000 },
      stopSignal: stop.signal,
      onEpoch: () => stop.abort('stopped by the user'),
    });
    expect(history.stopReason).toBe('stopped by the user');
    expect(history.epochs.length).toBeLessThan(10);
    expect(weightValues(model)).not.toEqual(before);
    model.dispose();
  });

  it('hands on what fit throws in the worker, with its code', async () => {
    const error = await failure({ optimizer: sgd({ learningRate: 1e30 }), epochs: 20 });
    expect(error).toMatchObject({ code: 'not-finite' });
  });

  it('hands on the argument of an ArgumentError', async () => {
    const error = await failure({ topK: 9, validation: memorySource() });
    expect(error).toMatchObject({
      name: 'ArgumentError',
      code: 'invalid-argument',
      argument: 'options.topK',
    });
  });

  it("hands on what the worker's function throws", async () => {
    const worker = servingWorker(() => {
      throw new RangeError('no pictures');
    });
    expect(await failure({}, worker)).toMatchObject({ name: 'RangeError', message: 'no pictures' });
  });

  it("rejects with the very error that the page's source throws, and ends the source", async () => {
    const reason = new Error('The disk is gone.');
    let ended = 0;
    const source = memorySource();
    const train: BatchSource = {
      ...source,
      batches: async function* (request) {
        try {
          let count = 0;
          for await (const batch of source.batches(request)) {
            if (count++ === 1) {
              tf.dispose([batch.images, batch.labels]);
              throw reason;
            }
            yield batch;
          }
        } finally {
          ended++;
        }
      },
    };
    expect(await failure({ train })).toBe(reason);
    expect(ended).toBe(1);
  });

  it('rejects with what onEpoch throws', async () => {
    const reason = new Error('no room for the curve');
    const onEpoch = (): never => {
      throw reason;
    };
    expect(await failure({ onEpoch })).toBe(reason);
  });
});

describe('what is refused', () => {
  it.each<[string, Partial<TrainInWorkerOptions>, RegExp]>([
    ['a worker that is no function', { worker: {} as never }, /`options\.worker`.*new Worker\(new URL/s],
    ['callbacks, which are the worker’s', { callbacks: [] } as never, /callbacks/],
    [
      'a rule of one’s own',
      { optimizer: { ...sgd(), name: 'mine' } },
      /`options\.optimizer`.*serveTraining/s,
    ],
    [
      'a rule that only has the name of ours',
      { optimizer: { ...sgd(), settings: { own: 1 } } },
      /own|optimizer/,
    ],
    [
      'phases with functions',
      { freezing: [{ fromEpoch: 0, frozen: () => undefined }] },
      /`options\.freezing`/,
    ],
    ['data that can’t be cloned', { workerData: { show: () => undefined } }, /`options\.workerData`/],
    [
      'pictures of another size',
      { train: { ...memorySource(), imageShape: [9, 9, 3] } },
      /`options\.train\.imageShape`/,
    ],
  ])('%s', async (_name, options, message) => {
    const model = tinyModel();
    const error = await trainInWorker(model, {
      ...{ worker: servingWorker, train: memorySource(), ...RECIPE, ...options },
    }).catch((caught: unknown) => caught as Error);
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect((error as Error).message).toMatch(message);
    model.dispose();
  });

  it('a worker that calls no serveTraining, after a while', async () => {
    const silent = messageWorker(() => undefined);
    const error = await failure({ startTimeoutMs: 20 }, silent);
    expect(error).toMatchObject({ code: 'worker' });
    expect(error.message).toMatch(/serveTraining within 20 ms/);
  });

  it('a worker of another version', async () => {
    const strange = messageWorker((port: TrainingPort) =>
      port.postMessage({ protocol: '@zoo/train 99', message: { type: 'ready' } }, []),
    );
    expect((await failure({}, strange)).message).toMatch(/'@zoo\/train 99'/);
  });

  it('nothing of what others send over the same port', async () => {
    const chatty = servingWorker();
    const { weights } = await inWorker(
      {},
      {
        ...chatty,
        addEventListener: (type, listener) => {
          chatty.addEventListener(type, listener);
          if (type === 'message') (listener as (event: unknown) => void)({ data: { type: 'vite:ping' } });
        },
      },
    );
    expect(weights).toEqual((await onPage()).weights);
  });
});
