import * as tf from '@tensorflow/tfjs-core';
import type { Preprocessing } from '@zoo/core';
import { flattenAlpha, imagePreprocessor, type DecodedImage } from '@zoo/data';

import { platform } from '#platform';

import { isDecodedImage, isImageData, type Picture } from './picture';

const WHITE = [255, 255, 255] as const;
/** Pictures that are decoded at a time. */
const CONCURRENCY = 8;

/** A picture as a model reads it, or what is wrong with it. */
export type ReadPicture =
  | { readonly picture: Picture; readonly values: Float32Array }
  | { readonly picture: Picture; readonly error: unknown };

/** Reads some pictures, several at a time, each into the values of a model's input; one that can't be read does not stop the others. */
export async function readPictures(
  pictures: readonly Picture[],
  preprocessing: Preprocessing,
  signal: AbortSignal | undefined,
): Promise<ReadPicture[]> {
  const preprocessor = imagePreprocessor(preprocessing);
  const results = new Array<ReadPicture>(pictures.length);
  const pending = pictures.entries();
  const work = async (): Promise<void> => {
    for (const [index, picture] of pending) {
      signal?.throwIfAborted();
      try {
        const values = new Float32Array(preprocessor.valuesPerImage);
        preprocessor.write(await decodePicture(picture, signal), values);
        results[index] = { picture, values };
      } catch (error) {
        signal?.throwIfAborted();
        results[index] = { picture, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, pictures.length) }, work));
  return results;
}

/** A picture's pixels, whatever holds them. */
export function decodePicture(picture: Picture, signal: AbortSignal | undefined): Promise<DecodedImage> {
  if (isDecodedImage(picture)) return Promise.resolve(picture);
  if (isImageData(picture)) {
    return Promise.resolve(flattenAlpha(picture.data, picture.height, picture.width, WHITE));
  }
  return platform.decode(picture, signal);
}

/** Pictures' values as one tensor, the caller's. [pictures, height, width, channels] */
export function batchOf(values: readonly Float32Array[], preprocessing: Preprocessing): tf.Tensor4D {
  const { imageShape, valuesPerImage } = imagePreprocessor(preprocessing);
  const all = new Float32Array(values.length * valuesPerImage);
  values.forEach((own, index) => {
    all.set(own, index * valuesPerImage);
  });
  return tf.tensor4d(all, [values.length, ...imageShape]);
}
