import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, type BatchSource } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectOwnOrder } from '../expect-fits';

import { calibrationOf, type Calibration } from './calibration';
import { classScores, type ClassAverages, type ClassScores } from './class-scores';
import { expectAnswers, predictBatches } from './predict-batches';
import { PASS_OPTIONS, scoredModel } from './scored-model';
import { expectViewsFit } from './views';

const EVALUATE_MULTI_LABEL_OPTIONS = {
  ...PASS_OPTIONS,
  /** A class is said to hold from this probability on. Default 0.5. */
  threshold: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link evaluateMultiLabel}. */
export interface EvaluateMultiLabelOptions extends OptionsOf<typeof EVALUATE_MULTI_LABEL_OPTIONS> {}

/** A multi-label model's answer for one example. */
export interface MultiLabelPrediction {
  readonly source: string;
  /** What holds, 1, and what does not, 0. [classes] */
  readonly labels: Float32Array;
  /** Each on its own. [classes] */
  readonly probabilities: Float32Array;
  /** Mean over the classes of their cross-entropies. */
  readonly loss: number;
}

/** How well a multi-label model does on a data set. */
export interface MultiLabelEvaluation {
  readonly classNames: readonly string[];
  readonly exampleCount: number;
  /** Mean binary cross-entropy over examples and classes, without smoothing or weights. */
  readonly loss: number;
  /** Share of all answers, one for each example and class, that are right: Keras' binary accuracy. */
  readonly accuracy: number;
  /** Share of examples of which every answer is right. */
  readonly exactMatch: number;
  /** Each class against all examples without it. */
  readonly classes: readonly ClassScores[];
  /** `averages.macro.averagePrecision` is the mAP. */
  readonly averages: ClassAverages;
  /** How far classes hold as often as their probabilities say. */
  readonly calibration: Calibration;
  /** One an example, in the source's order. */
  readonly predictions: readonly MultiLabelPrediction[];
}

/**
 * Runs a multi-label model, one whose head ends in several sigmoids, over all of `source` in inference mode, every example once.
 *
 * @throws ArgumentError if the model has another head (see {@link evaluate}), model and source do not fit each other, or the source is
 *   empty; the signal's reason when it is aborted.
 */
export async function evaluateMultiLabel(
  model: tfl.LayersModel,
  source: BatchSource,
  options: EvaluateMultiLabelOptions = {},
): Promise<MultiLabelEvaluation> {
  const { threshold, onProgress, signal, ...views } = readOptions(EVALUATE_MULTI_LABEL_OPTIONS, options);
  const scored = scoredModel(model, views);
  const { kind } = classifierHead(model);
  if (kind !== 'multiLabel') {
    throw new ArgumentError('model', 'a model with a multi-label head', kind, 'Call evaluate().');
  }
  expectViewsFit(model, source, views);
  expectOwnOrder(model, 'source', source);
  const { classNames } = source;
  const predictions: MultiLabelPrediction[] = [];
  for await (const batch of predictBatches(scored, source, signal)) {
    expectAnswers(batch);
    batch.losses.forEach((loss, index) => {
      const [start, end] = [index * classNames.length, (index + 1) * classNames.length];
      predictions.push({
        source: batch.sources[index] ?? `example ${predictions.length}`,
        labels: batch.labels.slice(start, end),
        probabilities: batch.probabilities.slice(start, end),
        loss,
      });
    });
    onProgress?.({ done: predictions.length, total: source.exampleCount });
  }
  if (predictions.length === 0) throw new ArgumentError('source', 'a source with examples', source);
  return {
    classNames,
    exampleCount: predictions.length,
    ...figuresOf(predictions, classNames, threshold),
    predictions,
  };
}

function figuresOf(
  predictions: readonly MultiLabelPrediction[],
  classNames: readonly string[],
  threshold: number,
): Omit<MultiLabelEvaluation, 'classNames' | 'exampleCount' | 'predictions'> {
  const counts = classNames.map(() => ({ support: 0, predicted: 0, correct: 0 }));
  const isOf = (example: number, label: number): boolean => predictions[example]!.labels[label]! > 0.5;
  let right = 0;
  let exact = 0;
  predictions.forEach(({ probabilities }, example) => {
    let rightHere = 0;
    counts.forEach((count, label) => {
      const holds = isOf(example, label);
      const isSaid = probabilities[label]! >= threshold;
      if (holds) count.support += 1;
      if (isSaid) count.predicted += 1;
      if (holds && isSaid) count.correct += 1;
      if (holds === isSaid) rightHere += 1;
    });
    right += rightHere;
    if (rightHere === classNames.length) exact += 1;
  });
  const classes = classNames.length;
  return {
    loss: predictions.reduce((sum, { loss }) => sum + loss, 0) / predictions.length,
    accuracy: right / (predictions.length * classes),
    exactMatch: exact / predictions.length,
    ...classScores({
      classNames,
      counts,
      probabilities: predictions.map(({ probabilities }) => probabilities),
      isOf,
    }),
    calibration: calibrationOf(
      predictions.flatMap(({ probabilities }) => [...probabilities]),
      (answer) => isOf(Math.floor(answer / classes), answer % classes),
    ),
  };
}
