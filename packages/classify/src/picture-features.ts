import * as tf from '@tensorflow/tfjs-core';
import { readOptions } from '@zoo/core/options';

import { batchesOf } from './batches-of';
import { CLASSIFY_OPTIONS, valuesOf, type Classifier, type ClassifyOptions } from './classifier';
import type { Picture } from './picture';
import { batchOf, readPictures } from './read-pictures';

/** A picture with its features, or with its error. */
export type PictureFeatures =
  | {
      readonly picture: Picture;
      /** What the network's last pooling makes of the picture, divided by its length: dot products are cosines. */
      readonly features: Float32Array;
    }
  | { readonly picture: Picture; readonly error: unknown };

/**
 * Computes the network's pooled features of each picture, in order and batch by batch, so that any number of pictures takes the memory of
 * one batch. The answer for a picture that can't be read is its error.
 *
 * @throws (rejects) ArgumentError for a model that has no features before its classifier: see `pooledFeatures` of `@zoo/resnet`.
 */
export async function* pictureFeatures(
  classifier: Classifier,
  pictures: Iterable<Picture> | AsyncIterable<Picture>,
  options: Omit<ClassifyOptions, 'top'> = {},
): AsyncGenerator<PictureFeatures, void> {
  const { batchSize, signal } = readOptions(CLASSIFY_OPTIONS, options);
  const { pooledFeatures } = await import('./feature-loaders');
  const { preprocessing } = classifier;
  const network = pooledFeatures(classifier.model);
  for await (const batch of batchesOf(pictures, batchSize)) {
    signal?.throwIfAborted();
    const read = await readPictures(batch, preprocessing, signal);
    const whole = read.flatMap((each) => ('values' in each ? [each.values] : []));
    const all = whole.length === 0 ? [] : await featuresOf(network, () => batchOf(whole, preprocessing));
    let place = 0;
    yield* read.map((each) => ('error' in each ? each : { picture: each.picture, features: all[place++]! }));
  }
}

/** One vector of length 1 a picture; all 0 where the features are. */
async function featuresOf(
  network: Pick<Classifier['model'], 'predict'>,
  images: () => tf.Tensor4D,
): Promise<Float32Array[]> {
  let length = 0;
  const all = await valuesOf(() => {
    const values = network.predict(images()) as tf.Tensor2D;
    length = values.shape[1];
    return tf.div(values, tf.maximum(tf.norm(values, 2, 1, true), 1e-12));
  });
  return Array.from({ length: all.length / length }, (_, row) => all.slice(row * length, (row + 1) * length));
}
