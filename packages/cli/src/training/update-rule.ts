import { ArgumentError } from '@zoo/core';
import {
  adam,
  adamW,
  constant,
  linearScaling,
  oneCycle,
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
  const { epochs } = settings;
  const accumulateSteps = accumulateStepsOf(settings);
  const batchSize = settings.batchSize * accumulateSteps;
  const updatesPerEpoch = Math.ceil(batchesPerEpoch / accumulateSteps);
  const schedule = scheduleOf(settings, updatesPerEpoch);
  // Null, or absent from a run that an earlier version began.
  const referenceBatch = (settings.referenceBatch as number | null | undefined) ?? batchSize;
  if (referenceBatch === batchSize) return schedule;
  const warmupSteps = Math.floor(Math.min(SCALING_EPOCHS, epochs / 5) * updatesPerEpoch);
  return linearScaling(schedule, { factor: batchSize / referenceBatch, warmupSteps });
}

/** Absent from a run that an earlier version began. */
export function accumulateStepsOf({ accumulateSteps = 1 }: Partial<TrainSettings>): number {
  return accumulateSteps;
}

function scheduleOf({ schedule, learningRate, epochs }: TrainSettings, updatesPerEpoch: number): Schedule {
  if (schedule === 'constant') return constant(learningRate);
  if (schedule === 'oneCycle') {
    // A rise and a fall need four steps at least.
    return oneCycle({ peak: learningRate, totalSteps: Math.max(4, epochs * updatesPerEpoch) });
  }
  const warmupEpochs = Math.min(WARMUP_EPOCHS, epochs / 5);
  return warmupCosine({
    peak: learningRate,
    warmupSteps: Math.floor(warmupEpochs * updatesPerEpoch),
    totalSteps: epochs * updatesPerEpoch,
  });
}
