import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { createRandom, modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';
import { saveModelFile } from '@zoo/weights/node';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { evaluateNetworks, VIEWS, type Views } from '../src/evaluate-networks';
import { openNetwork } from '../src/network';
import { readValidationSet } from '../src/validation-set';

let engine: SelectedEngine;
const place = temporaryDirectory('suite');
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm' });
  await paint('n01440764', 2);
  await paint('n15075141', 1);
  await saveLeaning('first', { 0: 9, 999: 4 });
  await saveLeaning('last', { 999: 6, 0: 5 });
});
afterAll(() => engine.dispose());

/** Pictures of noise. */
async function paint(identifier: string, count: number): Promise<void> {
  const folder = place('val', identifier);
  await mkdir(folder, { recursive: true });
  const random = createRandom(1).fork(identifier);
  for (let index = 0; index < count; index++) {
    const pixels = Uint8Array.from({ length: 48 * 40 * 3 }, () => random.integer(0, 255));
    const picture = sharp(pixels, { raw: { width: 48, height: 40, channels: 3 } });
    await picture.png().toFile(join(folder, `${index}.png`));
  }
}

/** A network whose answer for every picture is decided by a few large biases, by class. */
async function saveLeaning(name: string, biases: Readonly<Record<number, number>>): Promise<void> {
  const model = createResnet('resnet18', { inputShape: [32, 32, 3], weights: null, classes: 1000, seed: 1 });
  setModelMetadata(model, {
    ...modelMetadata(model),
    preprocessing: { imageSize: [32, 32], normalization: PIXEL_NORMALIZATIONS.torch },
  });
  const classifier = model.layers.at(-1)!;
  const [kernel] = classifier.getWeights();
  const bias = tf.buffer([1000]);
  for (const [label, value] of Object.entries(biases)) bias.set(value, Number(label));
  tf.tidy(() => classifier.setWeights([tf.mul(kernel!, 1e-3), bias.toTensor()]));
  await saveModelFile(model, place(`${name}.safetensors`));
  model.dispose();
}

async function scoresOf(names: readonly string[], views: Views) {
  const networks = [];
  for (const name of names)
    networks.push(await openNetwork(place(`${name}.safetensors`), views.scales !== undefined));
  const done: number[] = [];
  try {
    const scores = await evaluateNetworks(await readValidationSet(place('val')), networks, {
      views,
      batchSize: 3,
      signal: new AbortController().signal,
      onProgress: (pictures) => done.push(pictures),
    });
    expect(done).toEqual([3]);
    return scores;
  } finally {
    for (const { model } of networks) model.dispose();
  }
}

it.each([
  ['one crop', VIEWS.one],
  ['ten crops', VIEWS.ten],
  ['several scales', { imageSize: 64, scales: [32, 48], horizontalFlip: true }],
])('counts the first and the first five answers of each network, and of their mean: %s', async (_, views) => {
  const scores = await scoresOf(['first', 'last'], views);
  expect(scores.map(({ top1, top5 }) => [top1, top5])).toEqual([
    [2 / 3, 1],
    [1 / 3, 1],
    // 'first' is surer of its answer.
    [2 / 3, 1],
  ]);
});

it('names one network alone', async () => {
  const [score, ...others] = await scoresOf(['first'], VIEWS.one);
  expect(score!.name).toBe(place('first.safetensors'));
  expect(others).toEqual([]);
});

it("refuses classes that are not ImageNet's", async () => {
  await mkdir(place('other', 'cat'), { recursive: true });
  await writeFile(place('other', 'cat', '1.png'), '');
  await expect(readValidationSet(place('other'))).rejects.toThrow("but found the folder 'cat'");
});
