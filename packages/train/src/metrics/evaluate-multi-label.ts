import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, type BatchSource } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { ClassScores } from './confusion-matrix';
import { predictBatches } from './predict-batches';
import { PASS_OPTIONS, scoredModel } from './scored-model';
import { expectViewsFit } from './views';

const EVALUATE_MULTI_LABEL_OPTIONS = {
  ...PASS_OPTIONS,
  /** A class is said to hold from this probability on. Default 0.5. */
  threshold: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
} as const satisfies OptionTable;

/** Options of {@link evaluateMultiLabel}. */
export interface EvaluateMultiLabelOptions extends OptionsOf<typeof EVALUATE_MULTI_LABEL_OPTIONS> {}

/** What a multi-label model made of one example. */
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
  const { classNames } = source;
  const predictions: MultiLabelPrediction[] = [];
  for await (const batch of predictBatches(scored, source, signal)) {
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
): Pick<MultiLabelEvaluation, 'loss' | 'accuracy' | 'exactMatch' | 'classes'> {
  const counts = classNames.map((className) => ({ className, holds: 0, said: 0, both: 0 }));
  let right = 0;
  let exact = 0;
  for (const { labels, probabilities } of predictions) {
    let rightHere = 0;
    counts.forEach((count, index) => {
      const holds = labels[index]! > 0.5;
      const isSaid = probabilities[index]! >= threshold;
      if (holds) count.holds += 1;
      if (isSaid) count.said += 1;
      if (holds && isSaid) count.both += 1;
      if (holds === isSaid) rightHere += 1;
    });
    right += rightHere;
    if (rightHere === classNames.length) exact += 1;
  }
  return {
    loss: predictions.reduce((sum, { loss }) => sum + loss, 0) / predictions.length,
    accuracy: right / (predictions.length * classNames.length),
    exactMatch: exact / predictions.length,
    classes: counts.map(({ className, holds, said, both }) => ({
      className,
      support: holds,
      precision: both / said,
      recall: both / holds,
      f1: (2 * both) / (holds + said),
    })),
  };
}
