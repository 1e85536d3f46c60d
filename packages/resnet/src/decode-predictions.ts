import * as tf from '@tensorflow/tfjs';
import { ArgumentError, expectInteger, ZooError } from '@zoo/core';

/** A class in an index: its name, or ImageNet's pair of WordNet identifier and name. */
export type ClassIndexEntry = string | readonly [wordNetId: string, name: string];

/** What each output means: by number, as a list, or as the JSON files have it with the numbers as keys in any order. */
export type ClassIndex = readonly ClassIndexEntry[] | Readonly<Record<string, ClassIndexEntry>>;

/** One guess. */
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
 * The `top` best guesses for each picture, best first; of equal scores the lower output comes first.
 *
 * @param predictions The model's outputs. [pictures, classes]
 * @throws ZooError `unsupported` on WebGPU unless `predictions` have been read before, by `await predictions.data()`.
 * @throws ArgumentError if `predictions` has another shape than the index has classes, or if the index lacks a number.
 */
export function decodePredictions(
  predictions: tf.Tensor,
  { top = 5, classIndex }: DecodePredictionsOptions,
): DecodedPrediction[][] {
  expectInteger('top', top, { minimum: 1 });
  const entries = orderedEntries(classIndex);
  const [rows, columns] = predictions.shape;
  if (predictions.rank !== 2 || columns !== entries.length) {
    throw new ArgumentError(
      'predictions',
      `a batch of predictions (a 2D tensor of shape [samples, ${entries.length}])`,
      predictions,
    );
  }
  expectReadable(predictions);
  const scores = predictions.dataSync();
  return Array.from({ length: rows }, (_, row) =>
    bestOf(scores.subarray(row * columns, (row + 1) * columns), entries, top),
  );
}

/** TensorFlow.js' WebGPU backend has been seen to give zeros for synchronous reads of what it has not yet brought to the processor. */
function expectReadable({ dataId }: tf.Tensor): void {
  if (tf.getBackend() !== 'webgpu') return;
  const { tensorMap } = tf.backend() as unknown as { tensorMap: ReadonlyMap<object, { values?: unknown }> };
  if (tensorMap.get(dataId)?.values != null) return;
  throw new ZooError(
    'unsupported',
    'WebGPU has no safe synchronous reads. Read the predictions first: `await predictions.data()`.',
  );
}

function bestOf(
  scores: ArrayLike<number>,
  entries: readonly ClassIndexEntry[],
  top: number,
): DecodedPrediction[] {
  return entries
    .map((entry, index) => ({ entry, index, score: scores[index]! }))
    .sort((left, right) => right.score - left.score || left.index - right.index)
    .slice(0, top)
    .map(({ entry, index, score }) => {
      const [id, name] = typeof entry === 'string' ? [entry, entry] : entry;
      return { index, id, name, score };
    });
}

/** The entries by number: an index's keys are strings, in any order. */
function orderedEntries(classIndex: ClassIndex): ClassIndexEntry[] {
  const count = Object.keys(classIndex).length;
  const byKey = classIndex as Readonly<Record<string, ClassIndexEntry | undefined>>;
  return Array.from({ length: count }, (_, number) => {
    const entry = byKey[`${number}`];
    if (typeof entry === 'string' || Array.isArray(entry)) return entry as ClassIndexEntry;
    const expected = `an index with a name for every output from 0 to ${count - 1}`;
    throw new ArgumentError(
      'classIndex',
      expected,
      classIndex,
      `The entry '${number}' is missing or is not a name.`,
    );
  });
}
