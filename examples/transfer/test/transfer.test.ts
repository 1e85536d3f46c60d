import { access, mkdir } from 'node:fs/promises';

import { openClassifier } from '@zoo/classify';
import { createRandom } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { transfer } from '../src/transfer';

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
  for (const part of ['train', 'val'])
    for (const [label, name] of ['blue', 'red'].entries()) await paint(place('pictures', part, name), label);
});
afterAll(() => engine.dispose());

/** Four pictures in shades of one colour. */
async function paint(folder: string, label: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = createRandom(label).fork(folder);
  for (let index = 0; index < 4; index++) {
    const background = { r: label * 200, g: random.integer(0, 50), b: 200 - label * 200 };
    const picture = sharp({ create: { width: 24, height: 24, channels: 3, background } });
    await picture.png().toFile(`${folder}/${index}.png`);
  }
}

it('teaches the network of @zoo/idenprof other classes in three steps, and saves what `openClassifier` opens', async () => {
  const lines: string[] = [];
  const reached = await transfer({
    directory: place('pictures'),
    epochs: 1,
    batchSize: 4,
    seed: 1,
    output: place('learned'),
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
    callbacks: [],
  });
  expect(reached.map(({ step, accuracy }) => [step, accuracy])).toEqual([
    ['nearest pictures', 1],
    ['new classifier', 1],
    ['whole network', 1],
  ]);
  expect(lines[0]).toMatch(/^nearest pictures +100\.0 % +\d+\.\d s$/);
  const classifier = await openClassifier(place('learned', 'model.safetensors'));
  const [best] = await classifier.classify(place('pictures', 'val', 'red', '0.png'));
  classifier.dispose();
  expect(best!.className).toBe('red');
});

it('keeps nothing of a run that is stopped', async () => {
  const stopped = transfer({
    directory: place('pictures'),
    epochs: 1,
    batchSize: 4,
    seed: 1,
    output: place('stopped'),
    print: () => undefined,
    signal: AbortSignal.abort(new Error('enough')),
  });
  await expect(stopped).rejects.toThrow('enough');
  await expect(access(place('stopped'))).rejects.toThrow('ENOENT');
});
