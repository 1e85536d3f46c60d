import { copyFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { disposeBatch } from '@zoo/core';
import { kerasImageBatches } from '@zoo/data/node';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { resnet50 } from '@zoo/resnet';
import { saveKerasH5 } from '@zoo/weights/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { runInference } from '../src/run-inference';
import { trainNetwork } from '../src/train-network';

interface Answer {
  lines: [className: string, percent: number][];
  probabilities: number[];
  course: number[];
}
interface Written extends Answer {
  printed: string[];
  loss: number;
}

const IMAGE_SIZE = 64;
const SCRIPT = fileURLToPath(new URL('post_program.py', import.meta.url));

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
});
afterAll(async () => {
  await engine.dispose();
});

const ask = <Result>(step: 'write' | 'read'): Promise<Result> =>
  runOracle<Result>(SCRIPT, { step, folder: place(), imageSize: IMAGE_SIZE }, place('job.json'));

/** Our run_inference, as the Python one answers. */
async function infer(weights: string): Promise<Answer['lines']> {
  const printed = await runInference({
    modelPath: place(weights),
    classIndexPath: place('idenprof_model_class.json'),
    picture: place('data/test/police/0.png'),
    imageSize: IMAGE_SIZE,
  });
  return printed.split('\n').map((line) => {
    const [name, percent] = line.split(' : ');
    return [name!, Number(percent)];
  });
}

function expectSameLines(found: Answer['lines'], expected: Answer['lines']): void {
  expect(found.map(([name]) => name)).toEqual(expected.map(([name]) => name));
  const differences = found.map(([, percent], i) => Math.abs(percent - expected[i]![1]) / 100);
  expect(Math.max(...differences)).toBeLessThan(1e-5);
}

/** What the course's network makes of the picture. */
async function coursePrediction(model: tfl.LayersModel): Promise<number[]> {
  const set = { classNames: ['a'], examples: [{ path: place('data/test/police/0.png'), label: 0 }] };
  const source = await kerasImageBatches(set, { targetSize: 64, rescale: 1 / 255, shuffle: false });
  for await (const batch of source.batches({ epoch: 0 })) {
    const outputs = tf.tidy(() => [...(model.predict(batch.images) as tf.Tensor).dataSync()]);
    disposeBatch(batch);
    return outputs;
  }
  throw new Error('no batch');
}

function largestDifference(found: readonly number[], expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

describe.skipIf(isOracleAbsent)(`the post's program in Keras and here${ORACLE_NOTE}`, () => {
  it('takes its files and prints its lines, and Keras takes ours, the course’s network too', async () => {
    const keras = await ask<Written>('write');
    expectSameLines(await infer('post.h5'), keras.lines);

    const lines: string[] = [];
    const { epochs } = await trainNetwork({
      dataDirectory: place('data'),
      modelDirectory: place('idenprof_models'),
      imageSize: IMAGE_SIZE,
      batchSize: 8,
      epochs: 1,
      stepsPerEpoch: 1,
      validationSteps: 1,
      weights: place('post.h5'),
      callbacks: [],
      print: (line) => lines.push(line),
    });
    // The first step's loss: network, pictures, order and flips are the same.
    expect(epochs[0]!.metrics['loss']).toBeCloseTo(keras.loss, 3);
    const isShared = (line: string) => /^(Found|Learning rate)/.test(line);
    expect(lines.filter(isShared)).toEqual(keras.printed.filter(isShared));
    // Keras 3 has shortened the number and says None where Keras 2, and so the post's program, says -inf.
    const improved = /^Epoch (\d+): val_acc improved from (\S+) to \d\.\d{5}, saving model to (.+)$/;
    const [ours, theirs] = [lines, keras.printed].map((each) =>
      improved.exec(each.find((line) => improved.test(line))!)!,
    );
    expect([Number(ours![1]), Number(theirs![1])]).toEqual([1, 1]);
    expect([ours![2], theirs![2]]).toEqual(['-inf', 'None']);
    expect(ours![3]).toMatch(/idenprof_weight_model\.001-[\d.]+\.h5$/);

    const [file] = (await readdir(place('idenprof_models'))).filter((name) => name.endsWith('.h5'));
    await copyFile(place('idenprof_models', file!), place('ours.h5'));
    const course = await resnet50({
      variant: 'deeplearningAi',
      inputShape: [64, 64, 3],
      classes: 6,
      weights: place('course.h5'),
    });
    expect(largestDifference(await coursePrediction(course), keras.course)).toBeLessThan(1e-5);
    await saveKerasH5(course, place('ours-course.h5'), { weightsOnly: true });
    course.dispose();

    const back = await ask<Answer>('read');
    expectSameLines(await infer('ours.h5'), back.lines);
    expect(largestDifference(back.course, keras.course)).toBeLessThan(1e-6);
  });
});
