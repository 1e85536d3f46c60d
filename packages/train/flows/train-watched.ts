import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import * as tf from '@tensorflow/tfjs-core';

import {
  adamW,
  earlyStopping,
  fit,
  learningRateSchedule,
  reduceLearningRateOnPlateau,
  remoteMonitor,
  type Callback,
} from '../src';
import { checkpoint, csvLogger, jsonLinesLogger, progressBar, tensorBoard } from '../src/node';
import { memorySource } from '../test/support/memory-source';
import { tinyModel } from '../test/support/tiny-model';

/** What a process holds at the end of an epoch, after its garbage was collected. */
export interface Held {
  readonly step: number;
  readonly tensors: number;
  readonly residentBytes: number;
}

/** Trains in the folder that is named, 100 steps an epoch, with every callback there is, and prints what it held: the child process of long-run.test.ts. */
const [, , directory, epochs] = process.argv as [string, string, string, string];

await import('@tensorflow/tfjs-backend-cpu');
await tf.setBackend('cpu');

const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(204).end());
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const held: Held[] = [];
const measure: Callback = {
  name: 'measure',
  onEpochSettled: (run) => {
    globalThis.gc!();
    held.push({
      step: run.step,
      tensors: tf.memory().numTensors,
      residentBytes: process.memoryUsage().rss,
    });
  },
};
const train = memorySource({ exampleCount: 400 });
const model = tinyModel({ dropRate: 0.1 });
await fit(model, {
  train,
  validation: memorySource({ seed: 2, exampleCount: 20 }),
  epochs: Number(epochs),
  optimizer: adamW({ weightDecay: 0.1 }),
  averageWeights: { decay: 0.99 },
  clipGradients: { globalNorm: 1 },
  callbacks: [
    progressBar({ style: 'keras', stream: Object.assign(new PassThrough().resume(), { isTTY: true }) }),
    learningRateSchedule((epoch) => 0.01 / (epoch + 1)),
    reduceLearningRateOnPlateau({ patience: 3, factor: 0.9 }),
    earlyStopping({ patience: 10_000, restoreBest: true }),
    checkpoint({ directory: join(directory, 'checkpoints'), everySteps: 50, keep: 2 }),
    csvLogger(join(directory, 'log.csv')),
    jsonLinesLogger(join(directory, 'log.jsonl')),
    tensorBoard({
      directory: join(directory, 'events'),
      everySteps: 1,
      histogramEpochs: 1,
      gradients: true,
      pictures: { source: train },
    }),
    remoteMonitor({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }),
    measure,
  ],
});
server.close();
process.stdout.write(`HELD${JSON.stringify(held)}`);
