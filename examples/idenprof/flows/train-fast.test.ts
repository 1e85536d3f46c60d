import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createRandom } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { readSafetensors } from '@zoo/weights';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { trainFast } from '../src/train-fast';

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
  for (const part of ['train', 'test'])
    for (const [label, name] of ['blue', 'red'].entries()) await paint(place(part, name), label);
});
afterAll(async () => {
  await engine.dispose();
});

/** Four pictures in shades of one colour. */
async function paint(folder: string, label: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const random = createRandom(label);
  for (let index = 0; index < 4; index++) {
    const background = { r: label * 200, g: random.integer(0, 50), b: 200 - label * 200 };
    const picture = sharp({ create: { width: 24, height: 24, channels: 3, background } });
    await picture.png().toFile(join(folder, `${index}.png`));
  }
}

it('stops with a checkpoint, goes on from it as an unbroken run would, scores the test part and saves the model', async () => {
  const run = { dataDirectory: place(), epochs: 3, callbacks: [] };
  const lines: string[] = [];
  const unbroken = place('unbroken');
  (await trainFast({ ...run, modelDirectory: unbroken, print: (line) => lines.push(line) })).dispose();
  expect(lines.at(-1)).toMatch(
    /^\d+\.\d\d % of 8 pictures, \d+\.\d\d % with mirror images; .*slim-resnet18-idenprof\.safetensors$/,
  );

  const broken = place('broken');
  const controller = new AbortController();
  const stop = { name: 'stop', onEpochEnd: () => controller.abort(new Error('stopped')) };
  await expect(
    trainFast({ ...run, modelDirectory: broken, signal: controller.signal, callbacks: [stop] }),
  ).rejects.toThrow('stopped');
  (await trainFast({ ...run, modelDirectory: broken, print: () => undefined })).dispose();
  const weights = (folder: string) => readFile(join(folder, 'slim-resnet18-idenprof.safetensors'));
  const saved = await weights(unbroken);
  expect((await weights(broken)).equals(saved)).toBe(true);
  const { metadata } = readSafetensors(saved);
  expect(JSON.parse(metadata['zoo']!)).toMatchObject({ preprocessing: { imageSize: [128, 128] } });
});
