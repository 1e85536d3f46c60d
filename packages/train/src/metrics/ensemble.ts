import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  averageProbabilities,
  AVERAGE_OPTIONS,
  classifierHead,
  expectSameAnswers,
  type AverageOptions,
  type BatchSource,
  type HeadKind,
} from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectOwnOrder } from '../expect-fits';

import { EVALUATE_OPTIONS, evaluationCollector, expectOneClass, type Evaluation } from './evaluate';
import type { ExampleScores } from './predict';
import { onHost, predictBatches, type BatchPredictions } from './predict-batches';
import { PASS_OPTIONS, scoredModel } from './scored-model';
import { scoringOf } from './scoring';
import type { ViewOptions } from './view-options';
import { expectViewsFit } from './views';

/** One network of several that answer together. */
export interface EnsembleMember {
  readonly model: tfl.LayersModel;
  /** The pictures as this network reads them: the same examples in the same batches as the others'. One source serves several that read alike. */
  readonly source: BatchSource;
}

const PREDICT_ENSEMBLE_OPTIONS = { ...PASS_OPTIONS, ...AVERAGE_OPTIONS } as const satisfies OptionTable;

/** Options of {@link predictEnsemble}. */
export interface PredictEnsembleOptions extends OptionsOf<typeof PREDICT_ENSEMBLE_OPTIONS> {}

const EVALUATE_ENSEMBLE_OPTIONS = { ...EVALUATE_OPTIONS, ...AVERAGE_OPTIONS } as const satisfies OptionTable;

/** Options of {@link evaluateEnsemble}. */
export interface EvaluateEnsembleOptions extends OptionsOf<typeof EVALUATE_ENSEMBLE_OPTIONS> {}

/** The scores of several networks for one example. */
export interface EnsembleScores extends ExampleScores {
  /** The scores of each network, in their order. [classes] each */
  readonly members: readonly Float32Array[];
}

/** How well several networks do together. */
export interface EnsembleEvaluation extends Evaluation {
  /** How well each does alone, in their order. */
  readonly members: readonly Evaluation[];
}

/**
 * Runs several networks over the same pictures, each as it reads them, and gives every example's mean probabilities and each network's own:
 * the ensembles of He et al. 2016, table 5. One batch of each is in memory at a time.
 *
 * @throws ArgumentError for no network, for heads of two kinds, or sources that do not bring the same examples in the same batches;
 *   otherwise as `predict` does.
 *
 * @example
 * const scores = await predictEnsemble([{ model: resnet50, source }, { model: resnet101, source }], { average: 'logits' });
 */
export async function predictEnsemble(
  members: readonly EnsembleMember[],
  options: PredictEnsembleOptions = {},
): Promise<EnsembleScores[]> {
  const { onProgress, signal, average, weights, ...views } = readOptions(PREDICT_ENSEMBLE_OPTIONS, options);
  const averaging = { average, ...(weights && { weights }) };
  const scores: EnsembleScores[] = [];
  for await (const { together, alone } of ensembleBatches(members, { views, averaging, signal })) {
    const { classes } = together;
    const rowOf = ({ probabilities }: BatchPredictions, index: number): Float32Array =>
      probabilities.slice(index * classes, (index + 1) * classes);
    together.losses.forEach((_, index) =>
      scores.push({
        source: together.sources[index] ?? `example ${scores.length}`,
        probabilities: rowOf(together, index),
        members: alone.map((batch) => rowOf(batch, index)),
      }),
    );
    onProgress?.({ done: scores.length, total: members[0]!.source.exampleCount });
  }
  return scores;
}

/**
 * Measures several networks together, by the mean of their answers, and each alone, in one pass over the pictures.
 *
 * @throws As {@link predictEnsemble} and `evaluate` do.
 */
export async function evaluateEnsemble(
  members: readonly EnsembleMember[],
  options: EvaluateEnsembleOptions = {},
): Promise<EnsembleEvaluation> {
  const { topK, onProgress, signal, average, weights, ...views } = readOptions(
    EVALUATE_ENSEMBLE_OPTIONS,
    options,
  );
  for (const { model } of members) expectOneClass(model);
  expectMembers(members);
  const { source } = members[0]!;
  const all = evaluationCollector(source, topK);
  const each = members.map((member) => evaluationCollector(member.source, topK));
  const averaging = { average, ...(weights && { weights }) };
  for await (const { together, alone } of ensembleBatches(members, { views, averaging, signal })) {
    const done = all.add(together);
    alone.forEach((batch, index) => each[index]!.add(batch));
    onProgress?.({ done, total: source.exampleCount });
  }
  return { ...all.evaluation(), members: each.map((collector) => collector.evaluation()) };
}

interface EnsembleBatch {
  readonly together: BatchPredictions;
  readonly alone: readonly BatchPredictions[];
}

interface PassOptions {
  readonly views: ViewOptions;
  readonly averaging: AverageOptions;
  readonly signal: AbortSignal | undefined;
}

/** Every batch as each network and all together see it; one network computes at a time. */
async function* ensembleBatches(
  members: readonly EnsembleMember[],
  { views, averaging, signal }: PassOptions,
): AsyncGenerator<EnsembleBatch> {
  const kind = expectMembers(members);
  const passes = members.map(({ model, source }) => {
    const scored = scoredModel(model, views);
    expectViewsFit(model, source, views);
    expectOwnOrder(model, 'source', source);
    return predictBatches(scored, source, signal);
  });
  try {
    for (;;) {
      const alone: BatchPredictions[] = [];
      for (const [index, pass] of passes.entries()) {
        const step = await pass.next();
        if (step.done === true) {
          if (index === 0) break;
          throw otherExamples(index);
        }
        expectSameExamples(step.value, alone[0] ?? step.value, index);
        alone.push(step.value);
      }
      if (alone.length === 0) {
        await expectAllDone(passes);
        return;
      }
      yield { together: await meanOf(kind, alone, averaging), alone };
    }
  } finally {
    for (const pass of passes) await pass.return(undefined);
  }
}

/** The answers to one batch averaged, and what they lose. */
async function meanOf(
  kind: HeadKind,
  alone: readonly BatchPredictions[],
  averaging: AverageOptions,
): Promise<BatchPredictions> {
  const [{ sources, labels, losses, classes }] = alone as [BatchPredictions];
  const answers = alone.map(({ probabilities }) => probabilities);
  const mean = averageProbabilities(kind, answers, classes, averaging);
  const scoring = scoringOf(kind);
  const shape: [number, number] = [losses.length, classes];
  const together = await onHost(() => ({
    losses: scoring.losses(scoring.logits(tf.tensor2d(mean, shape)), tf.tensor2d(labels, shape)),
  }));
  return { sources, labels, classes, probabilities: mean, ...together };
}

/** The kind of the members' heads; throws ArgumentError unless all tell the same classes by one kind of head. */
function expectMembers(members: readonly EnsembleMember[]): HeadKind {
  const answers = members.map(({ model, source }) => ({
    kind: classifierHead(model).kind,
    classNames: source.classNames,
  }));
  expectSameAnswers('members', answers, { head: '.model', classNames: '.source.classNames' });
  return answers[0]!.kind;
}

function expectSameExamples(batch: BatchPredictions, first: BatchPredictions, index: number): void {
  const isSame = (left: ArrayLike<unknown>, right: ArrayLike<unknown>): boolean =>
    left.length === right.length && Array.from(left).every((value, place) => value === right[place]);
  if (!isSame(batch.labels, first.labels) || !isSame(batch.sources, first.sources))
    throw otherExamples(index);
}

async function expectAllDone(passes: readonly AsyncGenerator<BatchPredictions, void>[]): Promise<void> {
  for (const [index, pass] of passes.entries()) {
    if ((await pass.next()).done !== true) throw otherExamples(index);
  }
}

function otherExamples(index: number): ArgumentError {
  return new ArgumentError(
    `members[${index}].source`,
    'the examples of members[0].source in the same batches',
    'others',
    'Make the sources of the same pictures with the same batchSize, and shuffle: false.',
  );
}
