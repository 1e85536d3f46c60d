import type { Callback } from './callback';

/**
 * Sets the learning rate at the beginning of each epoch, as Keras' LearningRateScheduler does.
 *
 * @param rule From the epoch, from 0, and the learning rate so far to the new one. If it needs the epoch alone, {@link byEpoch}
 *   makes a schedule of it.
 */
export function learningRateSchedule(rule: (epoch: number, learningRate: number) => number): Callback {
  return {
    name: 'learningRateSchedule',
    onEpochBegin: (run) => {
      // Resumed within an epoch, the rate is already set.
      if (run.batch > 0) return;
      run.learningRateOverride = rule(run.epoch, run.learningRate / run.learningRateScale);
    },
  };
}
