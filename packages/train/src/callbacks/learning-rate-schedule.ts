import type { Callback } from './callback';

/** Epochs at which two rules are compared. */
const SAMPLED_EPOCHS = [0, 1, 2, 5, 10, 20, 50, 100, 150, 200];

/**
 * Sets the learning rate at the beginning of each epoch, as Keras' LearningRateScheduler does.
 *
 * @param rule Returns the new learning rate, given the epoch (from 0) and the present rate. If it needs only the epoch, {@link byEpoch}
 *   makes a schedule of it.
 */
export function learningRateSchedule(rule: (epoch: number, learningRate: number) => number): Callback {
  return {
    name: 'learningRateSchedule',
    settings: { rates: SAMPLED_EPOCHS.map((epoch) => rule(epoch, 1)) },
    onEpochBegin: (run) => {
      // Resumed within an epoch, the rate is already set.
      if (run.batch > 0) return;
      run.learningRateOverride = rule(run.epoch, run.learningRate / run.learningRateScale);
    },
  };
}
