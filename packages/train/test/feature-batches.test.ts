import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { disposeBatch, type BatchSource } from '@zoo/core';
import { expect, it } from 'vitest';

import { adam, evaluate, featureBatches, fit } from '../src';

import { IMAGE_SHAPE, memorySource } from './support/memory-source';

const source = memorySource({ exampleCount: 10, batchSize: 4, shuffle: false });

/** Means of each column: the class shows in them. [batch, 12] */
function columnMeans(): tfl.LayersModel {
  const input = tfl.input({ shape: [...IMAGE_SHAPE] });
  const pooled = tfl.layers.averagePooling2d({ poolSize: [4, 1] }).apply(input) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: tfl.layers.flatten().apply(pooled) as tfl.SymbolicTensor });
}

async function epochOf(batches: BatchSource, epoch: number, firstBatch = 0) {
  const rows: { source: string; features: number[]; label: number[] }[] = [];
  for await (const batch of batches.batches({ epoch, firstBatch })) {
    const images = await batch.images.array();
    const labels = await batch.labels.array();
    batch.sources.forEach((name, row) =>
      rows.push({ source: name, features: images[row]!.flat(2), label: labels[row]! }),
    );
    disposeBatch(batch);
  }
  return rows;
}

it('yields what the network puts out for each picture, with its label and name', async () => {
  const network = columnMeans();
  const features = await featureBatches(network, source, { shuffle: false });
  expect(features.imageShape).toEqual([1, 1, 12]);
  const rows = await epochOf(features, 0);
  expect(rows).toHaveLength(10);
  for await (const batch of source.batches({ epoch: 0 })) {
    const output = network.predict(batch.images) as tf.Tensor2D;
    const expected = await output.array();
    output.dispose();
    const labels = await batch.labels.array();
    batch.sources.forEach((name, index) =>
      expect(rows.shift()).toEqual({ source: name, features: expected[index], label: labels[index] }),
    );
    disposeBatch(batch);
  }
});

it('shuffles each epoch by its seed, and goes on from any batch', async () => {
  const features = await featureBatches(columnMeans(), source, { seed: 3, batchSize: 3 });
  const names = async (epoch: number, firstBatch = 0) =>
    (await epochOf(features, epoch, firstBatch)).map((row) => row.source);
  const first = await names(0);
  expect(await names(0)).toEqual(first);
  expect(await names(1)).not.toEqual(first);
  expect([...first].sort()).toEqual([...(await names(1))].sort());
  expect(await names(0, 2)).toEqual(first.slice(6));
});

it('trains a classifier alone', async () => {
  const features = await featureBatches(columnMeans(), source);
  const head = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [...features.imageShape] }),
      tfl.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: 'zeros' }),
    ],
  });
  await fit(head, { train: features, epochs: 30, optimizer: adam({ learningRate: 0.1 }) });
  expect((await evaluate(head, features)).accuracy).toBe(1);
  head.dispose();
});

it('tells how far it is, keeps no tensor, and stops when it is aborted', async () => {
  const network = columnMeans();
  const before = tf.memory().numTensors;
  const done: number[] = [];
  await featureBatches(network, source, { onProgress: (progress) => done.push(progress.done) });
  expect(done).toEqual([4, 8, 10]);
  const controller = new AbortController();
  const stopped = featureBatches(network, source, {
    onProgress: () => controller.abort(new Error('enough')),
    signal: controller.signal,
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(tf.memory().numTensors).toBe(before);
});

it('refuses a network that puts out no vector', async () => {
  const input = tfl.input({ shape: [...IMAGE_SHAPE] });
  const maps = tfl.model({
    inputs: input,
    outputs: tfl.layers.averagePooling2d({ poolSize: 2 }).apply(input) as tfl.SymbolicTensor,
  });
  await expect(featureBatches(maps, source)).rejects.toThrow('one vector a picture');
});
