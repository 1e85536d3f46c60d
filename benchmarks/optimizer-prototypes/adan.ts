import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, OptimizerState } from '@zoo/train';

const [BETA1, BETA2, BETA3, EPSILON] = [0.98, 0.92, 0.99, 1e-8] as const;
const SLOTS = ['mean', 'difference', 'square', 'previous'] as const;

/** Xie et al. 2022, algorithm 1, with the constants of the authors' code. */
export function adan({
  learningRate,
  weightDecay,
}: {
  learningRate: number;
  weightDecay: number;
}): Optimizer {
  return {
    name: 'adan',
    learningRate,
    settings: { weightDecay },
    init: (parameters) => {
      const slots = new Map(
        parameters.flatMap(({ name, variable }) =>
          SLOTS.map(
            (slot) =>
              [`${slot}/${name}`, tf.tidy(() => tf.variable(tf.zeros(variable.shape), false))] as const,
          ),
        ),
      );
      const state: OptimizerState = {
        slots,
        update: (gradients, { learningRate: rate, step, gradientScale }) => {
          parameters.forEach(({ name, variable }, index) => {
            const gradient = gradients[index];
            if (gradient === undefined) return;
            const [mean, difference, square, previous] = SLOTS.map((slot) =>
              slots.get(`${slot}/${name}`)!,
            ) as [tf.Variable, tf.Variable, tf.Variable, tf.Variable];
            tf.tidy(() => {
              const g = tf.mul(gradient, gradientScale);
              const change = step === 1 ? tf.zerosLike(g) : tf.sub(g, previous);
              mean.assign(tf.add(tf.mul(mean, BETA1), tf.mul(g, 1 - BETA1)));
              difference.assign(tf.add(tf.mul(difference, BETA2), tf.mul(change, 1 - BETA2)));
              const ahead = tf.square(tf.add(g, tf.mul(change, BETA2)));
              square.assign(tf.add(tf.mul(square, BETA3), tf.mul(ahead, 1 - BETA3)));
              previous.assign(g);
              const root = tf.add(tf.sqrt(tf.div(square, 1 - BETA3 ** step)), EPSILON);
              const direction = tf.div(
                tf.add(tf.div(mean, 1 - BETA1 ** step), tf.mul(difference, BETA2 / (1 - BETA2 ** step))),
                root,
              );
              const decay = variable.shape.length > 1 ? weightDecay : 0;
              variable.assign(tf.div(tf.sub(variable, tf.mul(direction, rate)), 1 + rate * decay));
            });
          });
        },
        dispose: () => tf.dispose([...slots.values()]),
      };
      return state;
    },
  };
}
