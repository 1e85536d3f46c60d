import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { realData } from '../../../test-support/real-data';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { runInference } from '../src/run-inference';
import { trainNetwork } from '../src/train-network';

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
});
afterAll(async () => {
  await engine.dispose();
});

const idenProf = realData('idenprof');

describe.skipIf(idenProf.isAbsent)(`on IdenProf's pictures${idenProf.note}`, () => {
  it('trains, prints what the Python program prints, keeps the best weights as Keras files and classifies with them', async () => {
    const lines: string[] = [];
    const history = await trainNetwork({
      dataDirectory: idenProf.path,
      modelDirectory: place(),
      imageSize: 32,
      batchSize: 4,
      epochs: 2,
      stepsPerEpoch: 2,
      validationSteps: 2,
      callbacks: [],
      print: (line) => lines.push(line),
    });
    // The schedule's 0.001, less what Keras' `decay` takes at each step.
    const rates = history.epochs.map(({ metrics }) => metrics['learningRate']!);
    expect(rates).toEqual([1e-3 / (1 + 1e-4), 1e-3 / (1 + 3 * 1e-4)]);
    const files = (await readdir(place())).filter((name) => name.endsWith('.h5')).sort();
    expect(files[0]).toMatch(/^idenprof_weight_model\.001-[\d.]+\.h5$/);
    const best = history.epochs[0]!.metrics['valAccuracy']!.toFixed(5);
    expect(lines.slice(0, 8)).toEqual([
      'Total params: 23,608,202',
      'Trainable params: 23,555,082',
      'Non-trainable params: 53,120',
      'Using real time Data Augmentation',
      'Found 9000 images belonging to 10 classes.',
      'Found 400 images belonging to 10 classes.',
      'Learning rate:  0.001',
      `Epoch 00001: val_acc improved from -inf to ${best}, saving model to ${place(files[0]!)}`,
    ]);
    expect(lines[8]).toBe('Learning rate:  0.001');
    expect(lines[9]).toMatch(/^Epoch 00002: val_acc (did not improve|improved) from /);
    const printed = await runInference({
      modelPath: place(files.at(-1)!),
      classIndexPath: join(idenProf.path, 'idenprof_model_class.json'),
      picture: join(idenProf.path, 'test', 'police', 'police-1.jpg'),
      imageSize: 32,
    });
    expect(printed.split('\n')).toHaveLength(5);
    expect(printed).toMatch(/^[a-z]+ : \d+(\.\d+)?(e-\d+)?$/m);
  });
});
