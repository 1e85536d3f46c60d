import { createHash } from 'node:crypto';

import * as tf from '@tensorflow/tfjs-core';

import { imageBatches, readImageFolder } from '../../src/node';

/** Reads two epochs of a folder through a cache on the disk and prints their hash: the child process of disk-cache.test.ts. */
const [, , folder, cacheDirectory] = process.argv as [string, string, string, string];

await import('@tensorflow/tfjs-backend-cpu');
await tf.setBackend('cpu');
const source = await imageBatches(await readImageFolder(folder), {
  ...{ imageSize: 40, batchSize: 4, seed: 1, cache: 'disk', cacheDirectory },
});
const hash = createHash('sha256');
for (const epoch of [0, 1]) {
  for await (const { images, labels } of source.batches({ epoch })) {
    hash.update(new Uint8Array((await images.data<'float32'>()).slice().buffer));
    tf.dispose([images, labels]);
    process.stdout.write('.');
  }
}
process.stdout.write(`\n${hash.digest('hex')}\n`);
