import { disposeBatch } from '@zoo/core';
import { readIdenProf } from '@zoo/data/node';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { resnet50 } from '@zoo/resnet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { realData } from '../../../test-support/real-data';
import { dataGenerator } from '../src/data-generator';
import { learningRateOf } from '../src/learning-rate';
import { readOptions } from '../src/options';
import { parameterLines, pythonFloat } from '../src/printed-lines';

let engine: SelectedEngine;
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
});
afterAll(async () => {
  await engine.dispose();
});

describe('the IdenProf program', () => {
  it('has the network of the Python program, parameter for parameter', () => {
    const model = resnet50({ variant: 'idenprof', classes: 10, kernelInitializer: 'zeros' });
    const trainable = model.trainableWeights.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a! * b!, 1)!,
      0,
    );
    const lines = parameterLines(model.countParams(), trainable);
    model.dispose();
    expect(lines).toEqual([
      'Total params: 23,608,202',
      'Trainable params: 23,555,082',
      'Non-trainable params: 53,120',
    ]);
  });

  it.each([
    [0.001, '0.001'],
    [1e-3 * 1e-2, '1e-05'],
    [1e-3 * 1e-4, '1.0000000000000001e-07'],
    [1, '1.0'],
    [0, '0.0'],
  ])('prints %d as Python does', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  it("has the Python program's learning rates", () => {
    expect([0, 80, 81, 120, 121, 160, 161, 180, 181].map(learningRateOf)).toEqual(
      [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6, 1e-7].map(
        (rate) => expect.closeTo(rate, 12) as number,
      ),
    );
  });

  it("reads the Python program's files where none are named", () => {
    expect(readOptions(['predict', 'Haitian-fireman.jpg'])).toMatchObject({
      modelPath: 'idenprof_061-0.7933.h5',
      classIndexPath: 'idenprof_model_class.json',
      picture: 'Haitian-fireman.jpg',
    });
    expect(readOptions(['train', 'idenprof', '--steps', '50'])).toMatchObject({
      modelDirectory: 'idenprof_models',
      stepsPerEpoch: 50,
    });
  });
});

describe('validation', () => {
  it('is shuffled, and scores in the next epoch first what whole batches leave out', async () => {
    const classNames = ['a', 'b'];
    const examples = Array.from({ length: 7 }, (_, i) => ({ path: `${i}.png`, label: i % 2 }));
    const readImage = () => Promise.resolve({ width: 1, height: 1, pixels: new Uint8Array(3) });
    const options = { imageSize: 1, batchSize: 3, flips: false, seed: 0 };
    const source = await dataGenerator({ classNames, examples, readImage } as never, options);
    const epochs: string[][] = [];
    for (const epoch of [0, 1]) {
      const seen: string[] = [];
      for await (const batch of source.batches({ epoch })) {
        seen.push(...batch.sources);
        disposeBatch(batch);
      }
      epochs.push(seen);
    }
    // Two whole batches an epoch; the seventh picture comes first in the second.
    expect(epochs.map(({ length }) => length)).toEqual([6, 4]);
    expect([...epochs[0]!, epochs[1]![0]].sort()).toEqual(examples.map(({ path }) => path));
    expect(epochs[0]).not.toEqual([...epochs[0]!].sort());
  });
});

const idenProf = realData('idenprof');

describe.skipIf(idenProf.isAbsent)(`on IdenProf's pictures${idenProf.note}`, () => {
  it('reads 9,000 pictures of ten classes in alphabetical order, in 281 whole batches', async () => {
    const { train: folder } = await readIdenProf(idenProf.path);
    const options = { imageSize: 224, batchSize: 32, flips: true, seed: 0 };
    const train = await dataGenerator(folder, options);
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
});
