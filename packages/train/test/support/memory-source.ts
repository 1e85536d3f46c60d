import * as tf from '@tensorflow/tfjs-core';
import { createRandom, type BatchRequest, type BatchSource } from '@zoo/core';

export interface MemorySourceOptions {
  exampleCount?: number;
  batchSize?: number;
  classes?: number;
  seed?: number;
  /** True to order examples anew each epoch. */
  shuffle?: boolean;
  /** Called with each batch's number in the epoch before it is yielded. */
  onBatch?: (epoch: number, batch: number) => void;
}

export const IMAGE_SHAPE = [4, 4, 3] as const;

/** Tiny pictures whose class is the brightest of `classes` columns: learnable, and made again from the seed alone. */
export function memorySource(options: MemorySourceOptions = {}): BatchSource {
  const { exampleCount = 10, batchSize = 4, classes = 3, seed = 1, shuffle = true, onBatch } = options;
  const random = createRandom(seed);
  const classNames = ['cook', 'judge', 'pilot', 'farmer'].slice(0, classes);
  const batchesPerEpoch = Math.ceil(exampleCount / batchSize);
  return {
    classNames,
    imageShape: IMAGE_SHAPE,
    exampleCount,
    batchSize,
    batchesPerEpoch,

    batches: async function* ({ epoch, firstBatch = 0, signal }: BatchRequest) {
      const order = shuffle
        ? random.fork('shuffle', epoch).permutation(exampleCount)
        : Uint32Array.from({ length: exampleCount }, (_, index) => index);
      for (let batch = firstBatch; batch < batchesPerEpoch; batch++) {
        signal?.throwIfAborted();
        onBatch?.(epoch, batch);
        const examples = [...order.slice(batch * batchSize, (batch + 1) * batchSize)];
        yield await Promise.resolve(makeBatch(examples, classes, seed));
      }
    },
  };
}

function makeBatch(examples: number[], classes: number, seed: number) {
  const [height, width, channels] = IMAGE_SHAPE;
  const size = height * width * channels;
  const pixels = new Float32Array(examples.length * size);
  const labels = new Float32Array(examples.length * classes);
  examples.forEach((example, row) => {
    const random = createRandom(seed).fork('example', example);
    const label = example % classes;
    labels[row * classes + label] = 1;
    for (let index = 0; index < size; index++) {
      const column = Math.floor(index / channels) % width;
      pixels[row * size + index] = 0.3 * random.normal() + (column === label ? 1 : 0);
    }
  });
  return {
    images: tf.tensor4d(pixels, [examples.length, height, width, channels]),
    labels: tf.tensor2d(labels, [examples.length, classes]),
    sources: examples.map((example) => `picture-${example}.png`),
  };
}
