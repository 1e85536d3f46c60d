import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch } from '@zoo/core';
import { imageBatches } from '@zoo/data/node';
import { loadLayersModel } from '@zoo/weights/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { expectEqualAnswers, predicted, writePictures, zoo } from './support';

/** README's first program, `zoo predict` on what it saves, and training on other classes from there. */

const BLOCKS = resolve(import.meta.dirname, '../reports/flows');
const FIRST = { cat: [220, 60, 40], dog: [40, 80, 210], fox: [60, 190, 70] } as const;
const OTHERS = {
  ant: [230, 210, 60],
  bee: [120, 40, 160],
  cow: [40, 190, 200],
  doe: [240, 240, 240],
} as const;

const place = temporaryDirectory('suite');

beforeAll(async () => {
  await writePictures(place('pictures'), FIRST, 15);
  await writePictures(place('others'), OTHERS, 20);
  await rm(BLOCKS, { recursive: true, force: true });
  await mkdir(BLOCKS, { recursive: true });
  const text = await readFile(resolve(import.meta.dirname, '../../../README.md'), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)```/.exec(text)!;
  await writeFile(join(BLOCKS, 'program.ts'), `${code!}\nexport {};\n`);
});
afterAll(async () => {
  await rm(BLOCKS, { recursive: true, force: true });
});

describe("README's way", () => {
  it('goes from its program to zoo predict with the program’s own names and probabilities', async () => {
    const before = process.cwd();
    const lines: unknown[][] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void lines.push(words));
    const progress = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      process.chdir(place());
      await import(join(BLOCKS, 'program.ts'));
    } finally {
      // Programs that end leave their model to the end.
      tf.disposeVariables();
      process.chdir(before);
      progress.mockRestore();
      log.mockRestore();
    }
    expect(lines).toEqual([['validation accuracy', expect.any(Number)]]);
    // Three classes: a third is chance.
    expect(lines[0]![1]).toBeGreaterThan(0.6);
    await tf.setBackend('cpu');
    const picture = place('pictures', 'dog', '3.png');
    const set = { classNames: Object.keys(FIRST), examples: [{ path: picture, label: 1 }] };
    const source = await imageBatches(set, { imageSize: 32, shuffle: false });
    const model = await loadLayersModel(place('model'));
    const expected: Record<string, number> = {};
    for await (const batch of source.batches({ epoch: 0 })) {
      const outputs = model.predict(batch.images) as tf.Tensor;
      const values = await outputs.data();
      set.classNames.forEach((name, label) => (expected[name] = values[label]!));
      outputs.dispose();
      disposeBatch(batch);
    }
    model.dispose();
    expectEqualAnswers(await predicted(place('model'), picture), expected, 1e-5);
  });

  it('goes on to zoo train --weights on other classes, frozen, well above chance, and resumes', async () => {
    const argv = ['train', place('others'), '--output', place('run'), '--engine', 'wasm'];
    const fresh = [
      '--weights',
      place('model'),
      '--freeze',
      'backbone',
      '--augment',
      'flip',
      '--batch-size',
      '8',
    ];
    const trained = await zoo(...argv, ...fresh, '--epochs', '10');
    const accuracy = Number(/^accuracy +([\d.]+) %$/m.exec(trained.output)![1]);
    expect(accuracy).toBeGreaterThan(60);
    const settings = JSON.parse(await readFile(place('run', 'settings.json'), 'utf8')) as object;
    expect(settings).toMatchObject({ model: 'resnet20', imageSize: [32, 32], normalization: 'scale' });
    const resumed = await zoo(...argv, '--resume', '--epochs', '11');
    expect(resumed.errors).toContain('Epoch 11/11');
    const answers = await predicted(place('run'), place('others', 'bee', '0.png'));
    expect(Object.keys(answers).sort()).toEqual(Object.keys(OTHERS));
  });

  it('goes from zoo train to zoo train --weights on other classes, and resumes each', async () => {
    const network = ['--model', 'resnet20', '--image-size', '32'];
    const small = ['--augment', 'flip', '--batch-size', '8', '--engine', 'wasm'];
    const first = ['train', place('pictures'), '--output', place('first'), ...small];
    await zoo(...first, ...network, '--epochs', '4');
    expect((await zoo(...first, '--resume', '--epochs', '5')).errors).toContain('Epoch 5/5');
    const second = ['train', place('others'), '--output', place('second'), ...small];
    const trained = await zoo(
      ...second,
      '--weights',
      place('first'),
      '--freeze',
      'backbone',
      '--epochs',
      '6',
    );
    const accuracy = Number(/^accuracy +([\d.]+) %$/m.exec(trained.output)![1]);
    // Four classes: 25 % is chance.
    expect(accuracy).toBeGreaterThan(60);
    expect((await zoo(...second, '--resume', '--epochs', '7')).errors).toContain('Epoch 7/7');
  });
});
