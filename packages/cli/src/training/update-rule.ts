import { ArgumentError } from '@zoo/core';
import {
  adam,
  adamW,
  constant,
  linearScaling,
  sgd,
  warmupCosine,
  type Optimizer,
  type Schedule,
} from '@zoo/train';

import type { TrainSettings } from './train-options';

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

/** Epochs over which the learning rate is scaled up to larger batches: Goyal et al. 2017, section 2.2. */
const SCALING_EPOCHS = 5;

/** The learning rate over the run that the settings name. */
export function createSchedule(settings: TrainSettings, batchesPerEpoch: number): Schedule {
  const { batchSize, epochs } = settings;
  const schedule = scheduleOf(settings, batchesPerEpoch);
  // Null, or absent from a run that an earlier version began.
  const referenceBatch = (settings.referenceBatch as number | null | undefined) ?? batchSize;
  if (referenceBatch === batchSize) return schedule;
  const warmupSteps = Math.floor(Math.min(SCALING_EPOCHS, epochs / 5) * batchesPerEpoch);
  return linearScaling(schedule, { factor: batchSize / referenceBatch, warmupSteps });
}

function scheduleOf({ schedule, learningRate, epochs }: TrainSettings, batchesPerEpoch: number): Schedule {
  if (schedule === 'constant') return constant(learningRate);
  const warmupEpochs = Math.min(WARMUP_EPOCHS, epochs / 5);
  return warmupCosine({
    peak: learningRate,
    warmupSteps: Math.floor(warmupEpochs * batchesPerEpoch),
    totalSteps: epochs * batchesPerEpoch,
  });
}
