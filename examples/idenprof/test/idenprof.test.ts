import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readIdenProf } from '@zoo/data/node';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { resnet50 } from '@zoo/resnet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { realData } from '../../../vitest.real-data';
import { dataGenerator } from '../src/data-generator';
import { runInference } from '../src/run-inference';
import { trainNetwork } from '../src/train-network';

let engine: SelectedEngine;
let directory: string;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
  directory = await mkdtemp(join(tmpdir(), 'zoo-idenprof-'));
});
afterAll(async () => {
  await engine.dispose();
  await rm(directory, { recursive: true, force: true });
});

describe('the IdenProf program', () => {
  it('has the network of the Python program, parameter for parameter', () => {
    const model = resnet50({ variant: 'idenprof', classes: 10, kernelInitializer: 'zeros' });
    const trainable = model.trainableWeights.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a! * b!, 1)!,
      0,
    );
    const counts = [model.countParams(), trainable];
    model.dispose();
    expect(counts).toEqual([23_608_202, 23_555_082]);
  });
});

const idenProf = realData('idenprof');

describe.skipIf(idenProf.isAbsent)(`on IdenProf's pictures${idenProf.note}`, () => {
  it('reads 9,000 pictures of ten classes in alphabetical order, in 281 whole batches', async () => {
    const { train: folder } = await readIdenProf(idenProf.path);
    const train = await dataGenerator(folder, { imageSize: 224, batchSize: 32, training: true });
    expect(train.batchesPerEpoch).toBe(281);
    expect(train.classNames).toEqual([
      'chef',
      'doctor',
      'engineer',
      'farmer',
      'firefighter',
      'judge',
      'mechanic',
      'pilot',
      'police',
      'waiter',
    ]);
  });

  it('trains, keeps the best weights as Keras files and classifies with them', async () => {
    const history = await trainNetwork({
      dataDirectory: idenProf.path,
      modelDirectory: directory,
      imageSize: 32,
      batchSize: 4,
      epochs: 1,
      stepsPerEpoch: 2,
      callbacks: [],
    });
    // The schedule's 0.001, less what Keras' `decay` takes at each step.
    const rates = history.epochs.map(({ metrics }) => metrics['learningRate']!);
    expect(rates).toEqual([1e-3 / (1 + 1e-4)]);
    const files = (await readdir(directory)).filter((name) => name.endsWith('.h5')).sort();
    expect(files[0]).toMatch(/^idenprof_weight_model\.001-[\d.]+\.h5$/);
    const printed = await runInference({
      modelPath: join(directory, files.at(-1)!),
      classIndexPath: join(idenProf.path, 'idenprof_model_class.json'),
      picture: join(idenProf.path, 'test', 'police', 'police-1.jpg'),
      imageSize: 32,
    });
    expect(printed.split('\n')).toHaveLength(5);
    expect(printed).toMatch(/^[a-z]+ : \d+(\.\d+)?(e-\d+)?$/m);
  }, 300_000);
});
