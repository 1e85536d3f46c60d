import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  classifierHead,
  classProbabilities,
  modelMetadata,
  topClasses,
  type ClassifierHead,
  type ClassProbability,
  type Preprocessing,
} from '@zoo/core';
import {
  ArgumentError,
  NAMES,
  readOptions,
  SIGNAL,
  ZooError,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { batchesOf } from './batches-of';
import type { Picture } from './picture';
import { PICTURE_OPTIONS, preprocessingOf } from './picture-reading';
import { batchOf, readPictures } from './read-pictures';

/** {@link ClassifierOptions}, as data. */
export const CLASSIFIER_OPTIONS = {
  /** Names of the classes in the order of the outputs; two for a binary head. Default: the model's, else numbers. */
  classNames: NAMES,
  /** How pictures are read, if the model does not say it or should read them differently. */
  preprocessing: { type: 'group', rows: PICTURE_OPTIONS },
} as const satisfies OptionTable;

/** What a caller can state about a model; anything left out comes from the model itself. */
export interface ClassifierOptions extends OptionsOf<typeof CLASSIFIER_OPTIONS> {}

const PREPARE_OPTIONS = {
  /** Aborted, classifying rejects with the signal's reason after the current batch. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** {@link ClassifyOptions}, as data. */
export const CLASSIFY_OPTIONS = {
  ...PREPARE_OPTIONS,
  /** Number of classes in each answer, the most probable ones. Default 5. */
  top: { type: 'integer', minimum: 1, default: 5 },
  /** Number of pictures in a batch. Default 32. */
  batchSize: { type: 'integer', minimum: 1, default: 32 },
} as const satisfies OptionTable;

/** How to classify. */
export interface ClassifyOptions extends OptionsOf<typeof CLASSIFY_OPTIONS> {}

/** A picture with the model's answer, or with the error of a picture that can't be read. */
export type ClassifiedPicture =
  | {
      readonly picture: Picture;
      /** The most probable classes, the most probable first. */
      readonly predictions: readonly ClassProbability[];
      /** Of all classes, in their order; of a multi-label head they do not sum to 1. */
      readonly probabilities: Float32Array;
    }
  | { readonly picture: Picture; readonly error: unknown };

/** A model with its preprocessing and its class names. */
export interface Classifier {
  readonly model: tfl.LayersModel;
  readonly classNames: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly head: ClassifierHead;
  /**
   * The most probable classes of a picture, the most probable first.
   *
   * @throws (rejects) ZooError for a picture that can't be read, and 'not-finite' for a model that answers with NaN; ArgumentError.
   */
  classify(picture: Picture, options?: ClassifyOptions): Promise<ClassProbability[]>;
  /** The same of several pictures, in batches. */
  classify(pictures: readonly Picture[], options?: ClassifyOptions): Promise<ClassProbability[][]>;
  /**
   * What the model makes of each picture, in order, as batches are done; a picture that can't be read is answered with its error.
   *
   * @throws (rejects) ZooError 'not-finite' for a model that answers with NaN.
   */
  results(
    pictures: Iterable<Picture> | AsyncIterable<Picture>,
    options?: ClassifyOptions,
  ): AsyncGenerator<ClassifiedPicture, void>;
  /** A picture as the model's input, for `gradCam` for example; the caller's to dispose. [1, height, width, channels] */
  prepare(picture: Picture, options?: Pick<ClassifyOptions, 'signal'>): Promise<tf.Tensor4D>;
  /** Frees the model; a second call does nothing. */
  dispose(): void;
}

/**
 * A classifier around `model`, which becomes its own.
 *
 * @throws ArgumentError for class names of another number than the head has classes, and as {@link preprocessingOf} does; ZooError
 *   'unsupported' for a model that is no classifier of pictures.
 */
export function createClassifier(model: tfl.LayersModel, options: ClassifierOptions = {}): Classifier {
  readOptions(CLASSIFIER_OPTIONS, options);
  return new ModelClassifier(model, options);
}

class ModelClassifier implements Classifier {
  readonly head: ClassifierHead;
  readonly preprocessing: Preprocessing;
  readonly classNames: readonly string[];
  private isDisposed = false;

  constructor(
    readonly model: tfl.LayersModel,
    options: ClassifierOptions,
  ) {
    this.head = classifierHead(model);
    this.preprocessing = preprocessingOf(model, options.preprocessing);
    this.classNames = classNamesOf(model, this.head, options.classNames);
  }

  classify(picture: Picture, options?: ClassifyOptions): Promise<ClassProbability[]>;
  classify(pictures: readonly Picture[], options?: ClassifyOptions): Promise<ClassProbability[][]>;
  classify(
    pictures: Picture | readonly Picture[],
    options: ClassifyOptions = {},
  ): Promise<ClassProbability[] | ClassProbability[][]> {
    return classifyBy((asked) => this.results(asked, options), pictures);
  }

  async *results(
    pictures: Iterable<Picture> | AsyncIterable<Picture>,
    options: ClassifyOptions = {},
  ): AsyncGenerator<ClassifiedPicture, void> {
    const { top, batchSize, signal } = readOptions(CLASSIFY_OPTIONS, options);
    if (this.isDisposed) {
      throw new ArgumentError('classifier', 'a classifier', 'one that is disposed', 'Open the model again.');
    }
    for await (const batch of batchesOf(pictures, batchSize)) {
      signal?.throwIfAborted();
      yield* await this.classifyBatch(batch, top, signal);
    }
  }

  async prepare(picture: Picture, options: Pick<ClassifyOptions, 'signal'> = {}): Promise<tf.Tensor4D> {
    const { signal } = readOptions(PREPARE_OPTIONS, options);
    const [read] = await readPictures([picture], this.preprocessing, signal);
    if ('error' in read!) throw read.error;
    return batchOf([read!.values], this.preprocessing);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.model.dispose();
  }

  private async classifyBatch(
    pictures: readonly Picture[],
    top: number,
    signal: AbortSignal | undefined,
  ): Promise<ClassifiedPicture[]> {
    const read = await readPictures(pictures, this.preprocessing, signal);
    const whole = read.flatMap((each) => ('values' in each ? [each.values] : []));
    const all = whole.length === 0 ? new Float32Array() : await this.predict(whole);
    const { length: classes } = this.classNames;
    let place = 0;
    return read.map((each) => {
      if ('error' in each) return each;
      const probabilities = all.slice(place * classes, ++place * classes);
      const predictions = topClasses(probabilities, this.classNames, top);
      return { picture: each.picture, predictions, probabilities };
    });
  }

  /** [pictures, classes] */
  private predict(values: readonly Float32Array[]): Promise<Float32Array> {
    return valuesOf(() => {
      const images = batchOf(values, this.preprocessing);
      const outputs = this.model.predict(images, { batchSize: values.length }) as tf.Tensor2D;
      return classProbabilities(this.head, outputs);
    });
  }
}

/**
 * The values of the tensor that `compute` makes, which is disposed with all that it is made of.
 *
 * @throws (rejects) ZooError 'not-finite' for NaN: an order of such values says nothing.
 */
export async function valuesOf(compute: () => tf.Tensor): Promise<Float32Array> {
  const answers = tf.tidy(compute);
  try {
    const values = await answers.data<'float32'>();
    if (!values.some(Number.isNaN)) return values;
  } finally {
    answers.dispose();
  }
  throw new ZooError('not-finite', 'The model answers with NaN. Check its weights and inputs.');
}

/** What `results` answers to one picture, or to several; rejects with the error of the first that can't be read. */
export async function classifyBy(
  results: (pictures: readonly Picture[]) => AsyncGenerator<ClassifiedPicture, void>,
  pictures: Picture | readonly Picture[],
): Promise<ClassProbability[] | ClassProbability[][]> {
  const isMany = Array.isArray(pictures);
  const answers: ClassProbability[][] = [];
  for await (const result of results(isMany ? (pictures as readonly Picture[]) : [pictures as Picture])) {
    if ('error' in result) throw result.error;
    answers.push([...result.predictions]);
  }
  return isMany ? answers : answers[0]!;
}

/** Class names by the caller's word, else the model's, else numbers. */
function classNamesOf(
  model: tfl.LayersModel,
  { classCount }: ClassifierHead,
  told: readonly string[] | undefined,
): readonly string[] {
  const names = told ?? modelMetadata(model)?.classNames;
  if (names === undefined) return Array.from({ length: classCount }, (_, label) => `${label}`);
  if (names.length === classCount) return [...names];
  throw new ArgumentError(
    told === undefined ? 'the class names in the metadata' : 'options.classNames',
    `${classCount} names, one per class of '${model.name}',`,
    names,
  );
}
