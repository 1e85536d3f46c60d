import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, type Batch } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { imageBatches, kerasImageBatches, memoryImageSet } from '../src/index';

import { noise } from './support/pictures';

const SET = memoryImageSet(
  ['a', 'b'],
  Array.from({ length: 12 }, (_, index) => ({
    path: `${index}`,
    label: index % 2,
    image: noise(5, 5, index),
  })),
);

describe.each(['wasm', 'cpu'])('batches on %s', (backend) => {
  beforeAll(async () => {
    const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
    setWasmPaths(`${join(dirname(wasm), 'dist')}/`);
    await tf.setBackend(backend);
  });

  it('keep their values while later ones are made in the room of earlier ones', async () => {
    const options = { batchSize: 4, shuffle: false };
    for (const source of [
      await imageBatches(SET, { ...options, imageSize: 5, normalization: 'raw' }),
      await kerasImageBatches(SET, { ...options, targetSize: 5 }),
    ]) {
      const kept: Batch[] = [];
      for await (const batch of source.batches({ epoch: 0 })) kept.push(batch);
      const values = kept.flatMap(({ images }) => [...images.dataSync()]);
      expect(values).toEqual(SET.examples.flatMap(({ image }) => [...image.pixels]));
      kept.forEach(disposeBatch);
    }
  });
});
