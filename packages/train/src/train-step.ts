import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, ZooError, type Batch } from '@zoo/core';
import { pickOptions, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { CLASSIFICATION_LOSS_OPTIONS, FIT_OPTIONS } from './fit-options';
import { classificationLoss } from './loss/classification-loss';
import { addSums, meansOf, NO_EXAMPLES } from './metrics/running-metrics';
import { trainedModel } from './metrics/scored-model';
import { modelPieces } from './model-pieces';
import { asSchedule, rateAt } from './schedules/schedule';
import { expectOneBound } from './training/clip-gradients';
import { createOptimizerState, factorsOf } from './training/optimizer-groups';
import { runWeights } from './training/run-weights';
import { seedDropout } from './training/seed-dropout';
import { createTrainingStep } from './training/training-step';

const { optimizer, schedule, clipGradients, learningRateFactors, recomputeActivations, seed } = FIT_OPTIONS;

/** {@link TrainStepOptions}, as data. */
export const TRAIN_STEP_OPTIONS = {
  ...CLASSIFICATION_LOSS_OPTIONS,
  ...{ optimizer, schedule, clipGradients, learningRateFactors, recomputeActivations, seed },
} as const satisfies OptionTable;

/** Options of {@link createTrainStep}: those of `fit` that a step has. */
export interface TrainStepOptions extends OptionsOf<typeof TRAIN_STEP_OPTIONS> {}

/** The result of one update. */
export interface TrainStepResult {
  /** The update's number, from 1. */
  readonly step: number;
  /** Mean loss of its examples, before the update. */
  readonly loss: number;
  /** Share of its examples that were classified right, before the update. */
  readonly accuracy: number;
  readonly examples: number;
  readonly learningRate: number;
}

/** Makes one training update at a time, for your own loop. */
export interface TrainStep {
  /** Updates made so far. */
  readonly steps: number;
  /**
   * Makes one update by a batch, or by the mean gradient over the examples of several; they are not disposed. One call at a time.
   *
   * @throws ZooError `not-finite` before the update, if the loss is no finite number.
   */
  run(batches: Batch | readonly Batch[]): Promise<TrainStepResult>;
  /** Frees the optimizer's state. The model stays the caller's. */
  dispose(): void;
}

/**
 * Creates the training step of `fit` for your own loop: losses on logits, clipping and the optimizer's update.
 *
 * @throws ArgumentError if the options do not fit the model.
 *
 * @example
 * const step = createTrainStep(model, { optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
 * for await (const batch of source.batches({ epoch: 0 })) {
 *   console.log(await step.run(batch));
 *   disposeBatch(batch);
 * }
 * step.dispose();
 */
export function createTrainStep(model: tfl.LayersModel, options: TrainStepOptions): TrainStep {
  const settled = readOptions(TRAIN_STEP_OPTIONS, options);
  if (settled.clipGradients !== undefined) expectOneBound(settled.clipGradients);
  if (settled.optimizer.averagesWeights === true) {
    throw new ArgumentError(
      'options.optimizer',
      'a rule whose weights are those to measure',
      settled.optimizer.name,
      'It keeps an average, which fit measures and ends with.',
    );
  }
  const { kind, classCount } = classifierHead(model);
  const scored = trainedModel(model);
  const loss = classificationLoss(settled, classCount, kind);
  const weights = runWeights(model);
  const parameters = weights.filter(({ trainable }) => trainable);
  if (parameters.length === 0) {
    throw new ArgumentError('model', 'a model with a trainable weight', model, 'Set `trainable` on a layer.');
  }
  const rateFactors = settled.learningRateFactors && factorsOf(parameters, settled.learningRateFactors);
  const pieces = settled.recomputeActivations ? modelPieces(model) : undefined;
  const rate = settled.schedule ?? asSchedule(settled.optimizer.learningRate);
  const optimizerState = createOptimizerState(settled.optimizer, parameters, {
    ...{ rateFactors, freezing: undefined, history: [], begin: { epoch: 0, step: 0 } },
  });
  const training = createTrainingStep({
    ...{ model, ...scored, loss, weights, parameters, pieces, optimizerState },
    ...{ clipping: settled.clipGradients, sampleWeights: settled.sampleWeights, distillation: undefined },
  });
  const dropout = seedDropout(model, settled.seed);
  let steps = 0;
  return {
    get steps() {
      return steps;
    },
    run: async (given) => {
      const batches = 'images' in given ? [given] : given;
      if (batches.length === 0) throw new ArgumentError('batches', 'a batch', given);
      const learningRate = rateAt(rate, steps);
      try {
        let sums = NO_EXAMPLES;
        for (const [index, batch] of batches.entries()) {
          dropout.set(0, steps, index);
          sums = addSums(sums, await training.addBatch(batch));
        }
        const { loss: mean, accuracy } = meansOf(sums);
        if (!Number.isFinite(mean)) {
          throw new ZooError(
            'not-finite',
            `The loss of step ${steps + 1} is ${mean} at a learning rate of ${learningRate}. Lower the learning rate, warm it up or clip gradients.`,
          );
        }
        await training.update({ learningRate, step: steps + 1 });
        steps += 1;
        return { step: steps, loss: mean, accuracy, examples: sums.examples, learningRate };
      } finally {
        // The gradients that no update has used.
        training.dispose();
        dropout.restore();
      }
    },
    dispose: () => {
      training.dispose();
      optimizerState.dispose();
    },
  };
}

/** The options of a step among those of another call. */
export const stepOptions = (options: TrainStepOptions): TrainStepOptions =>
  pickOptions(TRAIN_STEP_OPTIONS, options);
