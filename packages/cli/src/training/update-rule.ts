import { ArgumentError } from '@zoo/core';
import { adam, adamW, constant, sgd, warmupCosine, type Optimizer, type Schedule } from '@zoo/train';

import type { TrainSettings } from './train-settings';

/** Epochs of linear warm-up before the cosine, if the run is long enough for them. */
const WARMUP_EPOCHS = 2;

/** The optimizer that the settings name; throws ArgumentError for adam with weight decay. */
export function createOptimizer({ optimizer, learningRate, weightDecay }: TrainSettings): Optimizer {
  switch (optimizer) {
    case 'sgd':
      return sgd({ learningRate, momentum: 0.9, nesterov: true, weightDecay });
    case 'adam':
      if (weightDecay !== 0) {
        throw new ArgumentError(
          '--weight-decay',
          '0 for adam',
          weightDecay,
          'adamw is Adam with weight decay.',
        );
      }
      return adam({ learningRate });
    case 'adamw':
      return adamW({ learningRate, weightDecay });
  }
}

/** The learning rate over the run that the settings name. */
export function createSchedule(
  { schedule, learningRate, epochs }: TrainSettings,
  batchesPerEpoch: number,
): Schedule {
  if (schedule === 'constant') return constant(learningRate);
  const warmupEpochs = Math.min(WARMUP_EPOCHS, epochs / 5);
  return warmupCosine({
    peak: learningRate,
    warmupSteps: Math.floor(warmupEpochs * batchesPerEpoch),
    totalSteps: epochs * batchesPerEpoch,
  });
}
