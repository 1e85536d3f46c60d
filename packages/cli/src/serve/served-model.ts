import * as tf from '@tensorflow/tfjs-core';
import type { Classifier } from '@zoo/classify';
import { classProbabilities, ZooError } from '@zoo/core';
import { imagePreprocessor, type DecodedImage } from '@zoo/data';

import { batchQueue } from './batch-queue';

/** A model that answers single pictures, which it computes in batches. */
export interface ServedModel {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Of one input. [height, width, channels] */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** Pictures that wait. */
  readonly waiting: number;
  /** The values that the model reads of a picture. */
  prepare(image: DecodedImage): Float32Array;
  /** The probabilities of all classes, of values as `prepare` gives them; rejects with ZooError 'not-finite' for an answer of NaN. */
  answer(values: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Computes batches of one picture and of the full size, so that the first request waits for no kernel; throws as `answer` does. */
  warmUp(): Promise<void>;
}

/** How a model is served. */
export interface ServedModelSettings {
  readonly name: string;
  readonly batchSize: number;
  readonly delayMs: number;
  /** Called with the size of each batch. */
  readonly onBatch: (size: number) => void;
}

/** `classifier` for a server; it stays the caller's. */
export function servedModel(
  classifier: Classifier,
  { name, batchSize, delayMs, onBatch }: ServedModelSettings,
): ServedModel {
  const { model, head, preprocessing, classNames } = classifier;
  const preprocessor = imagePreprocessor(preprocessing);
  const { imageShape, valuesPerImage } = preprocessor;
  const compute = async (all: readonly Float32Array[]): Promise<Float32Array[]> => {
    const probabilities = tf.tidy(() => {
      const values = new Float32Array(all.length * valuesPerImage);
      all.forEach((each, index) => {
        values.set(each, index * valuesPerImage);
      });
      const images = tf.tensor4d(values, [all.length, ...imageShape]);
      return classProbabilities(head, model.predict(images, { batchSize: all.length }) as tf.Tensor2D);
    });
    try {
      const values = await probabilities.data<'float32'>();
      const classes = classNames.length;
      return all.map((_, index) => values.slice(index * classes, (index + 1) * classes));
    } finally {
      probabilities.dispose();
    }
  };
  const queue = batchQueue({
    batchSize,
    delayMs,
    compute: (items: readonly Float32Array[]) => {
      onBatch(items.length);
      return compute(items);
    },
  });
  return {
    name,
    classNames,
    imageShape,
    get waiting() {
      return queue.waiting;
    },
    prepare: (image) => {
      const values = new Float32Array(valuesPerImage);
      preprocessor.write(image, values);
      return values;
    },
    answer: async (values, signal) => expectNumbers(await queue.add(values, signal), 'these values'),
    warmUp: async () => {
      for (const size of new Set([1, batchSize])) {
        const answers = await compute(Array.from({ length: size }, () => new Float32Array(valuesPerImage)));
        for (const each of answers) expectNumbers(each, 'zeros');
      }
    },
  };
}

/** Throws ZooError 'not-finite' for NaN, which JSON does not have. */
function expectNumbers(answer: Float32Array, asked: string): Float32Array {
  if (!answer.some(Number.isNaN)) return answer;
  throw new ZooError(
    'not-finite',
    `The model answers ${asked} with NaN. Check that they are as in its training, and its weights finite.`,
  );
}
