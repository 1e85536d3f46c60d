import * as tf from '@tensorflow/tfjs';
import { disposeBatch } from '@zoo/core';

import { measuredBatches } from './measured-batches';
import type { PictureReading } from './picture-reading';

/** A picture and what a model makes of it. */
export interface ClassifiedPicture {
  readonly path: string;
  /** What the model puts out. [classes] */
  readonly probabilities: Float32Array;
}

/** How to classify. */
export interface ClassifyOptions {
  readonly reading: PictureReading;
  readonly batchSize: number;
}

/**
 * Runs `model` over picture files, read and resized as for training and evaluation.
 *
 * @returns One result a path, in the order of `paths`.
 */
export async function classifyPictures(
  model: tf.LayersModel,
  paths: readonly string[],
  { reading, batchSize }: ClassifyOptions,
): Promise<ClassifiedPicture[]> {
  // The pictures have no class that we know of: a set of one class holds them.
  const set = { classNames: ['picture'], examples: paths.map((path) => ({ path, label: 0 })) };
  const source = await measuredBatches(set, reading, batchSize);
  const classified: ClassifiedPicture[] = [];
  for await (const batch of source.batches({ epoch: 0 })) {
    const outputs = tf.tidy(() => model.predict(batch.images) as tf.Tensor2D);
    const [, classes] = outputs.shape;
    const values = (await outputs.data()) as Float32Array;
    outputs.dispose();
    batch.sources.forEach((path, index) => {
      classified.push({ path, probabilities: values.slice(index * classes, (index + 1) * classes) });
    });
    disposeBatch(batch);
  }
  return classified;
}
