import { ZooError } from '@zoo/core';

import type { Callback } from './callback';

/**
 * Ends training with an error at the first update whose loss is not a finite number, before a checkpoint is written over.
 *
 * @throws ZooError `not-finite`, out of `fit`.
 */
export function terminateOnNotFinite(): Callback {
  return {
    name: 'terminateOnNotFinite',
    onStepEnd: (_run, { step, loss, learningRate }) => {
      if (Number.isFinite(loss)) return;
      throw new ZooError(
        'not-finite',
        `The loss of step ${step} is ${loss} at a learning rate of ${learningRate}. Lower the learning rate, warm it up, clip gradients, or look for bad pixels.`,
      );
    },
  };
}
