import * as tf from '@tensorflow/tfjs-core';

import type { RunWeight } from './run-weights';
import { copyOf, swapValues, type WeightAverages } from './weight-averages';

/**
 * The mean of the weights at the ends of epochs, from one on (SWA): Izmailov et al., "Averaging Weights Leads to Wider Optima and Better
 * Generalization", algorithm 1; as torch.optim.swa_utils.AveragedModel. Before that epoch the model's own weights stand for it.
 *
 * @param averageOf The average of a weight that is trained, of an optimizer that keeps it; without it the mean is made here.
 */
export function createStochasticAverages(
  weights: readonly RunWeight[],
  fromEpoch: number,
  averageOf?: (weight: RunWeight) => tf.Tensor,
): WeightAverages {
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
          const mean = ({ name, variable }: RunWeight): tf.Tensor => {
            const average = values.get(name)!;
            return tf.add(average, tf.div(tf.sub(variable, average), count + 1));
          };
          for (const weight of weights) {
            const { variable, trainable } = weight;
            // Copies all: kernels move a batch norm's averages in place.
            variable.assign(trainable ? (averageOf ?? mean)(weight) : tf.mul(variable, 1));
          }
        });
        await reestimate();
        // Only now, so that an abort leaves the averages unchanged.
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
