import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { openClassifier } from '@zoo/classify';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { File, ready } from 'h5wasm/node';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { trainSigns } from '../src/train-signs';

const SIGNS = [0, 5];

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
});
afterAll(() => engine.dispose());

/** A picture of each sign, called by its number of fingers. */
async function writeFolders(directory: string): Promise<void> {
  for (const part of ['train_signs', 'test_signs']) {
    await mkdir(join(directory, part), { recursive: true });
    for (const fingers of SIGNS) {
      const background = { r: 50 * fingers, g: 128, b: 200 };
      const picture = sharp({ create: { width: 64, height: 64, channels: 3, background } });
      await picture.jpeg().toFile(join(directory, part, `${fingers}_IMG_1.jpg`));
    }
  }
}

/** The course's files, with a picture of each sign. */
async function writeHdf5(directory: string): Promise<void> {
  await ready;
  await mkdir(directory, { recursive: true });
  for (const part of ['train', 'test']) {
    const file = new File(join(directory, `${part}_signs.h5`), 'w');
    const data = new Uint8Array(SIGNS.length * 64 * 64 * 3).map((_, index) => index % 251);
    file.create_dataset({ name: `${part}_set_x`, data, shape: [SIGNS.length, 64, 64, 3], dtype: '<B' });
    for (const name of [`${part}_set_y`, 'list_classes'])
      file.create_dataset({
        name,
        data: BigInt64Array.from(SIGNS, BigInt),
        shape: [SIGNS.length],
        dtype: '<q',
      });
    file.close();
  }
}

it.each([
  ['folders', writeFolders],
  ["the course's files", writeHdf5],
])('trains on signs, tests, and saves a network that answers for a picture: %s', async (name, write) => {
  const directory = place(name);
  await write(directory);
  const lines: string[] = [];
  const evaluation = await trainSigns({
    directory,
    epochs: 1,
    seed: 1,
    output: place(name, 'run'),
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
    callbacks: [],
  });
  expect(evaluation.classNames).toEqual(['0', '5']);
  expect(evaluation.exampleCount).toBe(2);
  expect(lines.at(-1)).toMatch(/^\d+\.\d % of 2 test signs; .*signs\.safetensors$/);

  const classifier = await openClassifier(place(name, 'run', 'signs.safetensors'));
  expect(classifier.model.inputs[0]!.shape).toEqual([null, 64, 64, 3]);
  const answers = await classifier.classify({
    data: new Uint8ClampedArray(64 * 64 * 4),
    width: 64,
    height: 64,
  });
  classifier.dispose();
  expect(answers.map(({ className }) => className).sort()).toEqual(['0', '5']);
});
