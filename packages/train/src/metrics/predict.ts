import type * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectAnswers, predictBatches } from './predict-batches';
import { PASS_OPTIONS, scoredModel } from './scored-model';
import { expectViewsFit } from './views';

const PREDICT_OPTIONS = { ...PASS_OPTIONS } as const satisfies OptionTable;

/** Options of {@link predict}. */
export interface PredictOptions extends OptionsOf<typeof PREDICT_OPTIONS> {}

/** A model's scores for one example. */
export interface ExampleScores {
  /** Where the example came from, a path as a rule. */
  readonly source: string;
  /** In the order of the source's classes; of a multi-label head each on its own. [classes] */
  readonly probabilities: Float32Array;
}

/**
 * Runs `model` over all of `source` in inference mode and returns every example's probabilities, in the source's order; labels are not
 * read.
 *
 * @throws ArgumentError if model and source do not fit each other; the signal's reason when it is aborted.
 *
 * @example
 * const scores = await predict(model, source, { onProgress: ({ done, total }) => console.log(`${done}/${total}`) });
 */
export async function predict(
  model: tfl.LayersModel,
  source: BatchSource,
  options: PredictOptions = {},
): Promise<ExampleScores[]> {
  const { onProgress, signal, ...views } = readOptions(PREDICT_OPTIONS, options);
  const scored = scoredModel(model, views);
  expectViewsFit(model, source, views);
  const scores: ExampleScores[] = [];
  for await (const batch of predictBatches(scored, source, signal)) {
    expectAnswers(batch);
    const { probabilities, classes, sources, losses } = batch;
    losses.forEach((_, index) =>
      scores.push({
        source: sources[index] ?? `example ${scores.length}`,
        probabilities: probabilities.slice(index * classes, (index + 1) * classes),
      }),
    );
    onProgress?.({ done: scores.length, total: source.exampleCount });
  }
  return scores;
}
