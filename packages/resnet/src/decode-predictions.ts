import type * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, type ClassIndex, classIndexEntries, expectInteger, topLabels } from '@zoo/core';

/** One class of an answer. */
export interface DecodedPrediction {
  /** The output's number. */
  readonly index: number;
  /** WordNet's identifier in ImageNet's index, the name again in any other. */
  readonly id: string;
  readonly name: string;
  /** The output's value: a probability after softmax. */
  readonly score: number;
}

/** Options of {@link decodePredictions}. */
export interface DecodePredictionsOptions {
  /** How many guesses for each picture. Default 5. */
  top?: number;
  /** What the outputs mean: `IMAGENET_CLASS_INDEX` of '@zoo/resnet/imagenet', or the content of a JSON index. */
  classIndex: ClassIndex;
}

/**
 * Returns the `top` most probable classes for each picture, the most probable first; of equal scores the lower output comes first.
 *
 * @param predictions The model's outputs; they stay the caller's. [pictures, classes]
 * @throws (rejects) ArgumentError if `predictions` has another shape than the index has classes; ZooError `invalid-file` if the index lacks
 *   a number.
 */
export async function decodePredictions(
  predictions: tf.Tensor,
  { top = 5, classIndex }: DecodePredictionsOptions,
): Promise<DecodedPrediction[][]> {
  expectInteger('options.top', top, { minimum: 1 });
  const entries = classIndexEntries(classIndex, '`options.classIndex`');
  const [rows = 0, columns] = predictions.shape;
  if (predictions.rank !== 2 || columns !== entries.length) {
    throw new ArgumentError(
      'predictions',
      `a batch of predictions (a 2D tensor of shape [samples, ${entries.length}])`,
      predictions,
    );
  }
  const scores = await predictions.data();
  return Array.from({ length: rows }, (_, row) => {
    const own = scores.subarray(row * entries.length, (row + 1) * entries.length);
    return topLabels(own, top).map((index) => {
      const entry = entries[index]!;
      const [id, name] = typeof entry === 'string' ? [entry, entry] : entry;
      return { index, id, name, score: own[index]! };
    });
  });
}
