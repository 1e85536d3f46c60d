import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { adamW, fit, modelWeights, reduceLearningRateOnPlateau, warmupCosine } from '../../src';
import {
  checkpoint,
  csvLogger,
  hasCheckpoint,
  jsonLinesLogger,
  loadBestWeights,
  loadCheckpoint,
  tensorBoard,
} from '../../src/node';

import { IMAGE_SHAPE, memorySource } from './memory-source';

/** Trains, or goes on, in the folder that is named, with every callback that writes: the child process of kill.test.ts. */
const [, , directory, epochs] = process.argv as [string, string, string, string];

function denseModel(): tfl.LayersModel {
  const input = tfl.input({ shape: [...IMAGE_SHAPE], name: 'pictures' });
  const hidden = tfl.layers.dense({ units: 32, activation: 'relu', name: 'hidden', ...seeded(1) });
  const output = tfl.layers.dense({ units: 3, activation: 'softmax', name: 'predictions', ...seeded(2) });
  const flat = tfl.layers.flatten({ name: 'flat' }).apply(input);
  const dropped = tfl.layers.dropout({ rate: 0.2, name: 'drop' }).apply(hidden.apply(flat));
  return tfl.model({ inputs: input, outputs: output.apply(dropped) as tfl.SymbolicTensor, name: 'dense' });
}

const seeded = (seed: number) => ({ kernelInitializer: tfl.initializers.glorotUniform({ seed }) });

async function digest(model: tfl.LayersModel): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, variable } of modelWeights(model)) {
    const values = await variable.read().data<'float32'>();
    hash.update(name).update(new Uint8Array(Float32Array.from(values).buffer));
  }
  return hash.digest('hex');
}

// Bundlers for Node drop a bare import of this package: its list of side effects leaves out the file for Node.
await import('@tensorflow/tfjs-backend-cpu');
await tf.setBackend('cpu');
const model = denseModel();
const train = memorySource({ exampleCount: 14 });
const options = { onDamaged: (message: string) => void process.stderr.write(`${message}\n`) };
const resume = (await hasCheckpoint(directory)) ? await loadCheckpoint(directory, model, options) : undefined;
process.stdout.write(`from ${resume?.step ?? 0}\n`);
const history = await fit(model, {
  train,
  validation: memorySource({ exampleCount: 6, seed: 2 }),
  epochs: Number(epochs),
  optimizer: adamW({ weightDecay: 0.1 }),
  averageWeights: { decay: 0.9 },
  schedule: warmupCosine({ peak: 0.01, warmupSteps: 5, totalSteps: Number(epochs) * train.batchesPerEpoch }),
  callbacks: [
    reduceLearningRateOnPlateau({ patience: 3, factor: 0.9 }),
    checkpoint({ directory, everySteps: 1, keep: 2, monitor: 'val_loss' }),
    csvLogger(join(directory, 'log.csv')),
    jsonLinesLogger(join(directory, 'log.jsonl')),
    tensorBoard({ directory: join(directory, 'events'), everySteps: 1 }),
  ],
  ...(resume && { resume }),
});
const final = await digest(model);
const best = await loadBestWeights(directory, model);
writeFileSync(
  join(directory, 'result.json'),
  JSON.stringify({
    final,
    best: { ...best, path: best.path.slice(directory.length + 1), digest: await digest(model) },
    history: history.epochs.map(({ epoch, step, metrics }) => ({ epoch, step, metrics })),
  }),
);
