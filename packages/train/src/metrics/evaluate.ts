import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, expectInteger, ZooError, type BatchSource } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectOneClassEach } from '../expect-batch';
import { expectOwnOrder } from '../expect-fits';

import { calibrationOf, type Calibration } from './calibration';
import { classScores, type ClassAverages, type ClassScores } from './class-scores';
import { confusionMatrixOf } from './confusion-matrix';
import { expectAnswers, predictBatches, type BatchPredictions } from './predict-batches';
import { indexOfMaximum, isInTop } from './ranked-classes';
import { PASS_OPTIONS, scoredModel } from './scored-model';
import { expectViewsFit } from './views';

/** {@link EvaluateOptions}, as data. */
export const EVALUATE_OPTIONS = {
  /** An example counts for `topKAccuracy` if its class is among this many most probable ones. Default 5, or the number of classes if that is less. */
  topK: { type: 'integer', minimum: 1 },
  ...PASS_OPTIONS,
} as const satisfies OptionTable;

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends OptionsOf<typeof EVALUATE_OPTIONS> {}

/** A model's answer for one example. */
export interface Prediction {
  /** Where the example came from, a path as a rule. */
  readonly source: string;
  /** Index of the true class. */
  readonly label: number;
  /** Index of the most probable class. */
  readonly predicted: number;
  /** [classes] */
  readonly probabilities: Float32Array;
  /** Cross-entropy. */
  readonly loss: number;
}

/** How well a model does on a data set. */
export interface Evaluation {
  /** Names of the classes, in label order. */
  readonly classNames: readonly string[];
  /** Number of examples that were measured. */
  readonly exampleCount: number;
  /** Mean cross-entropy over the examples, without smoothing or weights. */
  readonly loss: number;
  /** Share of examples whose most probable class is the true one. */
  readonly accuracy: number;
  /** The k of `topKAccuracy`. */
  readonly topK: number;
  /** Share of examples whose true class is among the `topK` most probable ones. */
  readonly topKAccuracy: number;
  /** `confusionMatrix[true class][predicted class]`: numbers of examples. */
  readonly confusionMatrix: readonly (readonly number[])[];
  /** Each class against all others: `rocAuc` and `averagePrecision` rank the examples by the class's probability. */
  readonly classes: readonly ClassScores[];
  /** `averages.macro.rocAuc` is the one-vs-rest area; of two classes it is the binary one. */
  readonly averages: ClassAverages;
  /** How well the probability of the most probable class matches how often it is right. */
  readonly calibration: Calibration;
  /** One an example, in the source's order. */
  readonly predictions: readonly Prediction[];
}

/**
 * Runs `model` over all of `source` in inference mode, every example once.
 *
 * @throws ArgumentError if model and source do not fit each other, or the source is empty; ZooError `unsupported` for a multi-label head:
 *   use {@link evaluateMultiLabel}.
 */
export async function evaluate(
  model: tfl.LayersModel,
  source: BatchSource,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { topK, onProgress, signal, ...views } = readOptions(EVALUATE_OPTIONS, options);
  const scored = scoredModel(model, views);
  expectOneClass(model);
  expectViewsFit(model, source, views);
  expectOwnOrder(model, 'source', source);
  const collector = evaluationCollector(source, topK);
  for await (const batch of predictBatches(scored, source, signal)) {
    const done = collector.add(batch);
    onProgress?.({ done, total: source.exampleCount });
  }
  return collector.evaluation();
}

/** Throws ZooError 'unsupported' unless `model` tells one class of several apart. */
export function expectOneClass(model: tfl.LayersModel): void {
  if (classifierHead(model).kind !== 'multiLabel') return;
  throw new ZooError(
    'unsupported',
    `Expected a head that tells one class of several apart but '${model.name}' has independent scores, a multi-label head. Call evaluateMultiLabel().`,
  );
}

/** Gathers the answers to batches for an evaluation. */
export interface EvaluationCollector {
  /** @returns The examples so far. */
  add(batch: BatchPredictions): number;
  /** @throws ArgumentError if there was no example. */
  evaluation(): Evaluation;
}

/** A collector for the examples of `source`; `topK` as {@link EvaluateOptions} has it. */
export function evaluationCollector(source: BatchSource, topK: number | undefined): EvaluationCollector {
  const classes = source.classNames.length;
  const counted = expectInteger('options.topK', topK ?? Math.min(5, classes), { maximum: classes });
  const predictions: Prediction[] = [];
  let inTop = 0;
  return {
    add(batch) {
      expectAnswers(batch);
      expectOneClassEach(batch, 'source');
      batch.losses.forEach((_, index) => {
        const prediction = predictionAt(batch, index, predictions.length);
        predictions.push(prediction);
        if (isInTop(prediction.probabilities, 0, classes, prediction.label, counted)) inTop += 1;
      });
      return predictions.length;
    },
    evaluation() {
      if (predictions.length === 0) throw new ArgumentError('source', 'a source with examples', source);
      return evaluationOf(source.classNames, predictions, {
        topK: counted,
        topKAccuracy: inTop / predictions.length,
      });
    },
  };
}

function evaluationOf(
  classNames: readonly string[],
  predictions: readonly Prediction[],
  top: Pick<Evaluation, 'topK' | 'topKAccuracy'>,
): Evaluation {
  const isRight = ({ label, predicted }: Prediction): boolean => label === predicted;
  const confusionMatrix = confusionMatrixOf(predictions, classNames.length);
  return {
    classNames,
    exampleCount: predictions.length,
    loss: predictions.reduce((sum, { loss }) => sum + loss, 0) / predictions.length,
    accuracy: predictions.filter(isRight).length / predictions.length,
    ...top,
    confusionMatrix,
    ...classScores({
      classNames,
      counts: confusionMatrix.map((row, label) => ({
        support: row.reduce((sum, count) => sum + count, 0),
        predicted: confusionMatrix.reduce((sum, other) => sum + other[label]!, 0),
        correct: row[label]!,
      })),
      probabilities: predictions.map(({ probabilities }) => probabilities),
      isOf: (example, label) => predictions[example]!.label === label,
    }),
    calibration: calibrationOf(
      predictions.map(({ probabilities, predicted }) => probabilities[predicted]!),
      (answer) => isRight(predictions[answer]!),
    ),
    predictions,
  };
}

/** The examples that were classified incorrectly, those with the highest confidence first. */
export function mostWrong(predictions: readonly Prediction[], count = 20): Prediction[] {
  return predictions
    .filter(({ label, predicted }) => label !== predicted)
    .sort((left, right) => right.probabilities[right.predicted]! - left.probabilities[left.predicted]!)
    .slice(0, count);
}

function predictionAt(batch: BatchPredictions, index: number, example: number): Prediction {
  const { classes } = batch;
  const probabilities = batch.probabilities.slice(index * classes, (index + 1) * classes);
  return {
    source: batch.sources[index] ?? `example ${example}`,
    label: indexOfMaximum(batch.labels, index * classes, classes),
    predicted: indexOfMaximum(probabilities, 0, classes),
    probabilities,
    loss: batch.losses[index]!,
  };
}
