import '@tensorflow/tfjs-backend-cpu';
import { disposeBatch, isZooError } from '@zoo/core';

import { decodeImage, imageFileSet } from '../src/browser';
import { imageBatches } from '../src/index';

/** What the tests call in the page. */
const page = {
  decode: async (bytes: number[], options = {}) => {
    const { pixels, height, width } = await decodeImage(new Blob([Uint8Array.from(bytes)]), options);
    return { pixels: [...pixels], height, width };
  },
  refuse: async (bytes: number[]) => {
    const file = new File([Uint8Array.from(bytes)], 'broken.jpg');
    try {
      await decodeImage(file);
    } catch (error) {
      return { isTyped: isZooError(error, 'invalid-file'), message: (error as Error).message };
    }
    return undefined;
  },
  batch: async (files: { path: string; bytes: number[] }[]) => {
    const chosen = files.map(({ path, bytes }) => {
      const file = new File([Uint8Array.from(bytes)], path.split('/').at(-1)!);
      return Object.defineProperty(file, 'webkitRelativePath', { value: path });
    });
    const source = await imageBatches(imageFileSet(chosen), {
      imageSize: 4,
      shuffle: false,
      normalization: 'raw',
    });
    for await (const batch of source.batches({ epoch: 0 })) {
      const { sources } = batch;
      const read = {
        sources,
        images: [...(await batch.images.data())],
        labels: [...(await batch.labels.data())],
      };
      disposeBatch(batch);
      return { classNames: source.classNames, ...read };
    }
    return undefined;
  },
};

export type DataPage = typeof page;

Object.assign(globalThis, { dataPage: page });
