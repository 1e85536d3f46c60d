import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { classifierHead, updateModelMetadata, ZooError, type BatchSource } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { expectFits, expectOwnOrder } from '../expect-fits';

import { fitTemperature, TEMPERATURES, type HeldOutLogits, type TemperatureFit } from './fit-temperature';
import { predictBatches } from './predict-batches';
import { PASS_OPTIONS, trainedModel } from './scored-model';

const CALIBRATE_OPTIONS = {
  onProgress: PASS_OPTIONS.onProgress,
  signal: PASS_OPTIONS.signal,
} as const satisfies OptionTable;

/** Options of {@link calibrate}. */
export interface CalibrateOptions extends OptionsOf<typeof CALIBRATE_OPTIONS> {}

/**
 * Fits a temperature to `source`, pictures that the model was not trained on, and stores it in the model's metadata: {@link evaluate},
 * {@link predict} and `@zoo/classify` divide logits by it from then on, and files of the model store it. `fit` removes it.
 *
 * @throws ArgumentError if model and source do not fit each other; ZooError `unsupported` if no temperature is best, because the model
 *   classifies all of `source` correctly or no better than by guessing; the model then stays as it was.
 *
 * @example
 * const { temperature, lossBefore, loss } = await calibrate(model, validation);
 * console.log(`temperature ${temperature}: loss ${lossBefore} -> ${loss}`);
 */
export async function calibrate(
  model: tfl.LayersModel,
  source: BatchSource,
  options: CalibrateOptions = {},
): Promise<TemperatureFit> {
  const { onProgress, signal } = readOptions(CALIBRATE_OPTIONS, options);
  const { kind } = classifierHead(model);
  const { logits, scoring } = trainedModel(model);
  expectFits(model, 'source', source);
  expectOwnOrder(model, 'source', source);
  // For a batch these are the logits, not probabilities.
  const asTheyAre = {
    logits,
    scoring: { ...scoring, probabilities: (values: tf.Tensor2D) => tf.clone(values) },
  };
  const batches: HeldOutLogits[] = [];
  let done = 0;
  for await (const { probabilities, labels, losses } of predictBatches(asTheyAre, source, signal)) {
    batches.push({ logits: probabilities, labels });
    done += losses.length;
    onProgress?.({ done, total: source.exampleCount });
  }
  const fitted = fitTemperature(batches, source.classNames.length, kind);
  if (fitted === undefined) throw noTemperature(done);
  updateModelMetadata(model, { temperature: fitted.temperature });
  return fitted;
}

function noTemperature(examples: number): ZooError {
  return new ZooError(
    'unsupported',
    `Expected examples that the model gets partly right but these ${examples} are all right, or no better than guessed: ` +
      `no temperature from ${TEMPERATURES.least} to ${TEMPERATURES.most} fits them best. Take more that it was not trained on.`,
  );
}
