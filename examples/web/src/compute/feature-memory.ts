import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, disposeBatch, type BatchSource } from '@zoo/core';
import { featureBatches } from '@zoo/train';

/** A picture by its name, with the number of its class. */
export interface KnownPicture {
  readonly id: string;
  readonly label: number;
}

const BATCH_SIZE = 16;

/** What a frozen network sees in pictures, each computed once: a second lesson reads the new pictures only. */
export class FeatureMemory {
  private readonly features = new Map<string, Float32Array>();

  /** @param network Puts out one vector a picture: `pooledFeatures`. */
  constructor(private readonly network: tfl.LayersModel) {}

  has(id: string): boolean {
    return this.features.has(id);
  }

  /** Computes what is missing; the source's `sources` are the pictures' names. */
  async add(
    source: BatchSource,
    options: { onProgress: (done: number) => void; signal: AbortSignal },
  ): Promise<void> {
    const { onProgress, signal } = options;
    const computed = await featureBatches(this.network, source, {
      shuffle: false,
      signal,
      onProgress: ({ done }) => onProgress(done),
    });
    for await (const batch of computed.batches({ epoch: 0 })) {
      const values = await batch.images.data<'float32'>();
      const length = values.length / batch.sources.length;
      batch.sources.forEach((id, row) => {
        this.features.set(id, values.slice(row * length, (row + 1) * length));
      });
      disposeBatch(batch);
    }
  }

  /** The features of some pictures as a source for `fit`, in a new order each epoch. [size, 1, 1, features] */
  source(classNames: readonly string[], pictures: readonly KnownPicture[]): BatchSource {
    const length = this.network.outputs[0]!.shape[1]!;
    const random = createRandom(0).fork('lesson');
    return {
      classNames,
      imageShape: [1, 1, length],
      exampleCount: pictures.length,
      batchSize: BATCH_SIZE,
      batchesPerEpoch: Math.ceil(pictures.length / BATCH_SIZE),
      batches: async function* (
        this: FeatureMemory,
        { epoch, firstBatch = 0 }: { epoch: number; firstBatch?: number },
      ) {
        const order = random.fork(epoch).permutation(pictures.length);
        for (let start = firstBatch * BATCH_SIZE; start < order.length; start += BATCH_SIZE) {
          const members = Array.from(order.subarray(start, start + BATCH_SIZE), (index) => pictures[index]!);
          yield await Promise.resolve(this.batch(members, classNames.length, length));
        }
      }.bind(this),
    };
  }

  private batch(pictures: readonly KnownPicture[], classes: number, length: number) {
    const images = new Float32Array(pictures.length * length);
    const labels = new Float32Array(pictures.length * classes);
    pictures.forEach(({ id, label }, row) => {
      images.set(this.features.get(id)!, row * length);
      labels[row * classes + label] = 1;
    });
    return {
      images: tf.tensor4d(images, [pictures.length, 1, 1, length]),
      labels: tf.tensor2d(labels, [pictures.length, classes]),
      sources: pictures.map(({ id }) => id),
    };
  }
}
