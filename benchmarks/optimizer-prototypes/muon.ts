import * as tf from '@tensorflow/tfjs-core';
import { adamW, type Optimizer, type OptimizerState, type Parameter } from '@zoo/train';

/** Quintic of Jordan et al. 2024 whose iterates bring all singular values near 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315] as const;
const STEPS = 5;
const MOMENTUM = 0.95;

/** The nearest matrix with orthonormal rows or columns, roughly. [rows, columns] */
export function orthogonalized(matrix: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const isTall = matrix.shape[0] > matrix.shape[1];
    let x: tf.Tensor2D = isTall ? tf.transpose(matrix) : matrix;
    x = tf.div(x, tf.maximum(tf.norm(x), 1e-7));
    for (let step = 0; step < STEPS; step++) {
      const gram = tf.matMul(x, x, false, true);
      const polynomial = tf.add<tf.Tensor2D>(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C));
      x = tf.add(tf.mul(x, A), tf.matMul(polynomial, x));
    }
    return isTall ? tf.transpose(x) : x;
  });
}

/** Muon for kernels of convolutions, at the size of AdamW's steps (Liu et al. 2025), and AdamW for the rest. */
export function muon({
  learningRate,
  weightDecay,
}: {
  learningRate: number;
  weightDecay: number;
}): Optimizer {
  const rest = adamW({ learningRate, weightDecay });
  return {
    name: 'muon',
    learningRate,
    settings: { weightDecay },
    init: (parameters) => {
      const isMatrix = parameters.map(({ variable }) => variable.shape.length === 4);
      const restState = rest.init(parameters.filter((_, index) => !isMatrix[index]));
      const kernels = parameters.map((parameter, index) =>
        isMatrix[index]!
          ? { ...parameter, velocity: tf.tidy(() => tf.variable(tf.zeros(parameter.variable.shape), false)) }
          : undefined,
      );
      const state: OptimizerState = {
        slots: new Map([
          ...restState.slots,
          ...kernels.flatMap((kernel) =>
            kernel === undefined ? [] : [[`velocity/${kernel.name}`, kernel.velocity] as const],
          ),
        ]),
        update: (gradients, request) => {
          restState.update(
            gradients.filter((_, index) => !isMatrix[index]),
            request,
          );
          kernels.forEach((kernel, index) => {
            const gradient = gradients[index];
            if (kernel !== undefined && gradient !== undefined) move(kernel, gradient, weightDecay, request);
          });
        },
        dispose: () => {
          restState.dispose();
          tf.dispose(kernels.flatMap((kernel) => (kernel === undefined ? [] : [kernel.velocity])));
        },
      };
      return state;
    },
  };
}

function move(
  { variable, velocity }: Parameter & { velocity: tf.Variable },
  gradient: tf.Tensor,
  weightDecay: number,
  { learningRate, gradientScale }: { learningRate: number; gradientScale: number },
): void {
  tf.tidy(() => {
    const scaled = tf.mul(gradient, gradientScale);
    velocity.assign(tf.add(tf.mul(velocity, MOMENTUM), tf.mul(scaled, 1 - MOMENTUM)));
    const ahead = tf.add(tf.mul(velocity, MOMENTUM), tf.mul(scaled, 1 - MOMENTUM));
    const columns = variable.shape.at(-1)!;
    const rows = variable.size / columns;
    const direction = orthogonalized(tf.reshape(ahead, [rows, columns]));
    const rate = learningRate * 0.2 * Math.sqrt(Math.max(rows, columns));
    const kept = tf.mul(variable, 1 - learningRate * weightDecay);
    variable.assign(tf.sub(kept, tf.mul(tf.reshape(direction, variable.shape), rate)));
  });
}
