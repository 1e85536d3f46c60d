import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { isZooError, type BatchSource } from '@zoo/core';
import { selectEngine } from '@zoo/engine';

import { fit, sgd } from '../src';
import { trainInWorker } from '../src/worker';

const SIZE = 48;
const CLASSES = ['cook', 'judge', 'pilot'];

const RECIPE = { epochs: 6, seed: 2, optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }) };

/** One picture of each class, the brightest third of whose height tells it. */
const EXAMPLES = CLASSES.map((_, label) =>
  Float32Array.from({ length: SIZE * SIZE * 3 }, (_value, at) => {
    const third = Math.floor((at * CLASSES.length) / (SIZE * SIZE * 3));
    return (third === label ? 1 : 0) + (((at * 31) % 17) - 8) / 20;
  }),
);

function pictures(count: number, batchSize: number): BatchSource {
  return {
    classNames: CLASSES,
    ...{ imageShape: [SIZE, SIZE, 3], exampleCount: count, batchSize, batchesPerEpoch: count / batchSize },
    batches: async function* ({ epoch, firstBatch = 0 }) {
      for (let batch = firstBatch; batch < count / batchSize; batch++) {
        const pixels = new Float32Array(batchSize * SIZE * SIZE * 3);
        const labels = new Float32Array(batchSize * CLASSES.length);
        for (let row = 0; row < batchSize; row++) {
          const label = (row + epoch) % CLASSES.length;
          labels[row * CLASSES.length + label] = 1;
          pixels.set(EXAMPLES[label]!, row * SIZE * SIZE * 3);
        }
        yield await Promise.resolve({
          images: tf.tensor4d(pixels, [batchSize, SIZE, SIZE, 3]),
          labels: tf.tensor2d(labels, [batchSize, CLASSES.length]),
          sources: Array.from({ length: batchSize }, (_, row) => `${batch}-${row}`),
        });
      }
    },
  };
}

/** Layers are called alike in each, because a layer's name is in the seed of its dropout. */
function network(): tfl.LayersModel {
  const drawn = { kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }) };
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({
        ...{ name: 'first', inputShape: [SIZE, SIZE, 3], filters: 16, kernelSize: 3, activation: 'relu' },
        ...drawn,
      }),
      tfl.layers.maxPooling2d({ name: 'pool', poolSize: 4 }),
      tfl.layers.conv2d({ name: 'second', filters: 16, kernelSize: 3, activation: 'relu', ...drawn }),
      tfl.layers.dropout({ name: 'drop', rate: 0.2 }),
      tfl.layers.flatten({ name: 'flat' }),
      tfl.layers.dense({ name: 'classes', units: CLASSES.length, activation: 'softmax', ...drawn }),
    ],
  });
}

/** The longest time between two frames of the page, and the longest of the tasks that Chromium calls long (over 50 ms), until it is asked for. */
function watchFrames(): () => { frames: number; longestMs: number; longTaskMs: number } {
  let [last, longestMs, frames, longTaskMs] = [performance.now(), 0, 0, 0];
  const tasks = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTaskMs = Math.max(longTaskMs, duration);
  });
  tasks.observe({ type: 'longtask' });
  let handle = requestAnimationFrame(function frame(now) {
    longestMs = Math.max(longestMs, now - last);
    [last, frames] = [now, frames + 1];
    handle = requestAnimationFrame(frame);
  });
  return () => {
    cancelAnimationFrame(handle);
    tasks.disconnect();
    return { frames, longTaskMs, longestMs: Math.max(longestMs, performance.now() - last) };
  };
}

const valuesOf = (model: tfl.LayersModel): number[][] =>
  model.weights.map((weight) => [...weight.read().dataSync()]);

const startWorker = (script: string) => () => new Worker(script, { type: 'module' });

/** What the tests call in the page. */
const page = {
  start: () => selectEngine({ prefer: 'wasm', threads: 1 }).then(({ name }) => name),
  /** A training in the worker, with the page's frames meanwhile. */
  train: async () => {
    const model = network();
    const steps: number[] = [];
    const stop = watchFrames();
    const { epochs } = await trainInWorker(model, {
      worker: startWorker('training.worker.js'),
      ...RECIPE,
      train: pictures(192, 32),
      validation: pictures(64, 32),
      onStep: ({ runLeftMs }) => void steps.push(runLeftMs),
    });
    const frames = stop();
    const weights = JSON.stringify(valuesOf(model));
    model.dispose();
    const metrics = epochs.map((record) => record.metrics);
    return { weights, metrics, ...frames, steps: steps.length, tensors: tf.memory().numTensors };
  },
  /** The same training on the page. */
  fit: async () => {
    const model = network();
    const { epochs } = await fit(model, {
      ...RECIPE,
      train: pictures(192, 32),
      validation: pictures(64, 32),
    });
    const weights = JSON.stringify(valuesOf(model));
    model.dispose();
    return { weights, metrics: epochs.map((record) => record.metrics) };
  },
  /** How a training ends whose signal is aborted at its first step. */
  abort: async () => {
    const model = network();
    const abort = new AbortController();
    const before = JSON.stringify(valuesOf(model));
    const outcome = await trainInWorker(model, {
      ...{
        worker: startWorker('training.worker.js'),
        epochs: 1000,
        optimizer: sgd(),
        train: pictures(192, 32),
      },
      signal: abort.signal,
      onStep: () => abort.abort('enough'),
    }).catch((error: unknown) => error);
    const isSame = JSON.stringify(valuesOf(model)) === before;
    model.dispose();
    return { outcome, isSame };
  },
  /** How a training ends whose worker has this script and data. */
  fail: async (script: string, workerData?: string) => {
    const model = network();
    const error = await trainInWorker(model, {
      ...{ worker: startWorker(script), workerData, startTimeoutMs: 3000 },
      ...{ epochs: 1, optimizer: sgd(), train: pictures(64, 32) },
    }).catch((caught: unknown) => caught as Error);
    model.dispose();
    const { name, message } = error as Error;
    return { name, message, isWorkers: isZooError(error, 'worker') };
  },
};

export type TrainingPage = typeof page;

Object.assign(globalThis, { trainingPage: page });
