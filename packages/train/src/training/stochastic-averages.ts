import * as tf from '@tensorflow/tfjs-core';

import type { RunWeight } from './run-weights';
import { copyOf, swapValues, type WeightAverages } from './weight-averages';

/**
 * The mean of the weights at the ends of epochs, from one on (SWA): Izmailov et al., "Averaging Weights Leads to Wider Optima and Better
 * Generalization", algorithm 1; as torch.optim.swa_utils.AveragedModel. Before that epoch the model's own weights stand for it.
 */
export function createStochasticAverages(weights: readonly RunWeight[], fromEpoch: number): WeightAverages {
  const values = new Map(weights.map(({ name, variable }) => [name, copyOf(variable)]));
  let count = 0;
  return {
    values,
    epochCount: () => count,
    setEpochCount: (epochs) => {
      count = epochs;
    },
    update: () => undefined,
    endEpoch: async (epoch, reestimate) => {
      // Once an epoch, also where a run resumes at its end.
      if (epoch < fromEpoch || count > epoch - fromEpoch) return;
      const own = weights.map(({ variable }) => tf.clone(variable));
      try {
        tf.tidy(() => {
          for (const { name, variable, trainable } of weights) {
            const average = values.get(name)!;
            // Copies all: kernels move a batch norm's averages in place.
            variable.assign(
              trainable ? tf.add(average, tf.div(tf.sub(variable, average), count + 1)) : tf.mul(variable, 1),
            );
          }
        });
        await reestimate();
        // Now, and not before: an abort leaves the averages as they were.
        for (const { name, variable } of weights)
          tf.tidy(() => values.get(name)!.assign(tf.mul(variable, 1)));
        count += 1;
      } finally {
        weights.forEach(({ variable }, index) => variable.assign(own[index]!));
        tf.dispose(own);
      }
    },
    keepIn: () => {
      if (count > 0) for (const { name, variable } of weights) variable.assign(values.get(name)!);
    },
    swapIn: () => (count === 0 ? () => undefined : swapValues(weights, values)),
    dispose: () => values.forEach((average) => average.dispose()),
  };
}
