import { writeFile } from 'node:fs/promises';

import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { disposeBatch, type Batch } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { mixUp, type ImageSet } from '../src/index';
import { imageBatches, type NodeImageBatchesOptions } from '../src/node';

import { slopes } from './support/pictures';

const at = temporaryDirectory('suite');
let engine: SelectedEngine;
let set: ImageSet;

/** Eleven pictures, of which the eighth is damaged where its structure does not show it. */
beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', threads: 2 });
  const examples = Array.from({ length: 11 }, (_, index) => ({ path: at(`${index}.jpg`), label: index % 2 }));
  for (const [index, { path }] of examples.entries()) {
    const { pixels, height, width } = slopes(30 + index, 24);
    const file = await sharp(pixels, { raw: { height, width, channels: 3 } })
      .jpeg()
      .toBuffer();
    if (index === 7) file.fill(0xff, file.length - 60, file.length - 2);
    await writeFile(path, file);
  }
  set = { classNames: ['a', 'b'], examples };
});
afterAll(() => engine.dispose());

/** Data that the backend holds, tensors' or not. */
const heldData = (): number => tf.backend().numDataIds();

const sourceOf = (options: Partial<NodeImageBatchesOptions>) =>
  imageBatches(set, { imageSize: 16, batchSize: 3, shuffle: false, onCorrupt: 'skip', ...options });

async function valuesOf(options: Partial<NodeImageBatchesOptions>, part?: [rank: number, size: number]) {
  const source = await sourceOf(options);
  const batches = (part === undefined ? source : source.part!(...part)).batches({ epoch: 0 });
  // All at once: a later one must not lie where an earlier one does.
  const kept: Batch[] = [];
  for await (const batch of batches) kept.push(batch);
  const values = kept.map(({ images, labels }) => ({
    shape: images.shape,
    images: [...images.dataSync()],
    labels: [...labels.dataSync()],
  }));
  kept.forEach(disposeBatch);
  return values;
}

describe('batches that are made in the memory of the backend', () => {
  it('are written there, and nowhere else before', async () => {
    const source = await sourceOf({});
    const before = heldData();
    const batches = source.batches({ epoch: 0 })[Symbol.asyncIterator]();
    const first = (await batches.next()).value as Batch;
    // Its images and labels, and room of those that are made ahead.
    expect(heldData()).toBe(before + 4);
    disposeBatch(first);
    await batches.return!();
    expect(heldData()).toBe(before);
  });

  it.each<[string, Partial<NodeImageBatchesOptions>, [number, number]?]>([
    ['on this thread', {}],
    ['on two others', { workers: 2 }],
    ['ahead by none', { prefetch: 0, workers: 2 }],
    ['in parts', { workers: 2 }, [1, 2]],
    ['whole, then cut', { workers: 2, augmentBatch: [mixUp()] }, [0, 2]],
  ])('have the values of those that are copied, and leave nothing behind: %s', async (_, options, part) => {
    const before = heldData();
    const values = await valuesOf(options, part);
    expect(heldData()).toBe(before);
    await tf.setBackend('cpu');
    try {
      expect(values).toEqual(await valuesOf({ ...options, workers: 0 }, part));
    } finally {
      await tf.setBackend('wasm');
    }
  });

  it('leave nothing behind where an epoch ends early, by its consumer, an abort or a damaged picture', async () => {
    const before = heldData();
    for await (const batch of (await sourceOf({ workers: 2 })).batches({ epoch: 0 })) {
      disposeBatch(batch);
      break;
    }
    const stop = new AbortController();
    const aborted = async () => {
      for await (const batch of (await sourceOf({})).batches({ epoch: 0, signal: stop.signal })) {
        disposeBatch(batch);
        stop.abort(new Error('enough'));
      }
    };
    await expect(aborted()).rejects.toThrow('enough');
    const broken = async () => {
      for await (const batch of (await sourceOf({ onCorrupt: 'error', workers: 2 })).batches({ epoch: 0 }))
        disposeBatch(batch);
    };
    await expect(broken()).rejects.toMatchObject({ code: 'invalid-file' });
    expect(heldData()).toBe(before);
  });

  it('are arrays outside where the memory has no room, and tensors where it has again', async () => {
    const backend = tf.backend() as unknown as Pick<BackendWasm, 'makeOutput'>;
    const makeOutput = backend.makeOutput.bind(backend);
    const before = heldData();
    const expected = await valuesOf({});
    backend.makeOutput = () => {
      throw new Error('full');
    };
    try {
      expect(await valuesOf({ workers: 2 })).toEqual(expected);
    } finally {
      backend.makeOutput = makeOutput;
    }
    expect(heldData()).toBe(before);
  });
});
