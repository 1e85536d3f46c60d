import * as tf from '@tensorflow/tfjs-core';
import { readOptions, type OptionsOf, type ReadOptions } from '@zoo/core/options';

import { adamW } from './adam-w';
import type { Optimizer, OptimizerState, Parameter, UpdateRequest } from './optimizer';
import { MUON_OPTIONS } from './rule-options';
import { slottedState, type SlottedParameter } from './slots';

/** Options of {@link muon}. */
export interface MuonOptions extends OptionsOf<typeof MUON_OPTIONS> {}

type Settings = ReadOptions<typeof MUON_OPTIONS>;

/** The quintic whose iterates bring all singular values near 1 (Jordan et al. 2024). */
const [A, B, C] = [3.4445, -4.775, 2.0315] as const;

/**
 * Muon, whose steps have nearly orthogonal matrices: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; at the size of AdamW's
 * steps as Liu et al. 2025, "Muon is Scalable for LLM Training"; as `torch.optim.Muon`, in float32.
 *
 * The kernel of a convolution is a matrix of [height * width * input channels, output channels], as timm flattens it. AdamW updates all
 * other weights: dense and depthwise kernels, biases and norms. Weight decay is decoupled.
 *
 * An update takes `newtonSchulzSteps * (4 * s ** 2 * l + 2 * s ** 3)` floating-point operations for each kernel, whose smaller side is s and
 * whose larger is l, whatever the batch: a large network spends most of its time there on small pictures.
 */
export function muon(options: MuonOptions = {}): Optimizer {
  const settings = readOptions(MUON_OPTIONS, options);
  const { learningRate, weightDecayFilter, ...numbers } = settings;
  return {
    name: 'muon',
    learningRate,
    settings: numbers,
    weightDecayFilter,
    init: (parameters) => initialState(parameters, settings),
  };
}

function initialState(parameters: readonly Parameter[], settings: Settings): OptimizerState {
  const { learningRate, beta1, beta2, epsilon, weightDecay, weightDecayFilter } = settings;
  const [kernels, others] = [parameters.filter(isMatrix), parameters.filter((each) => !isMatrix(each))];
  const states = [
    slottedState(kernels, {
      slotNames: ['velocity'],
      weightDecay,
      weightDecayFilter,
      update: (slotted, request) => {
        for (const each of slotted) updateKernel(each, request, settings);
      },
    }),
    adamW({ learningRate, beta1, beta2, epsilon, weightDecay, weightDecayFilter }).init(others),
  ] as const;
  return {
    slots: new Map(states.flatMap(({ slots }) => [...slots])),
    update: (gradients, request) => {
      const [ofKernels, ofOthers] = [true, false].map((wanted) =>
        gradients.filter((_, index) => isMatrix(parameters[index]!) === wanted),
      );
      states[0].update(ofKernels!, request);
      states[1].update(ofOthers!, request);
    },
    dispose: () => states.forEach((state) => state.dispose()),
  };
}

/** True for the kernel of a convolution over all channels of its group. Each channel of a depthwise one stands for itself. */
function isMatrix({ name, variable }: Parameter): boolean {
  return variable.shape.length === 4 && !name.endsWith('depthwise_kernel');
}

function updateKernel(
  { variable, gradient, slots, weightDecay }: SlottedParameter,
  { learningRate, gradientScale }: UpdateRequest,
  { momentum, nesterov, newtonSchulzSteps, matchAdamW }: Settings,
): void {
  const velocity = slots[0]!;
  tf.tidy(() => {
    const fresh = tf.mul(gradient, gradientScale * (1 - momentum));
    velocity.assign(tf.add(tf.mul(velocity, momentum), fresh));
    const ahead = nesterov ? tf.add(tf.mul(velocity, momentum), fresh) : velocity;
    const columns = variable.shape.at(-1)!;
    const rows = variable.size / columns;
    const direction = orthogonalized(tf.reshape(ahead, [rows, columns]), newtonSchulzSteps);
    const scale = matchAdamW
      ? 0.2 * Math.sqrt(Math.max(rows, columns))
      : Math.sqrt(Math.max(1, columns / rows));
    const step = tf.mul(tf.reshape(direction, variable.shape), learningRate * scale);
    variable.assign(tf.sub(tf.mul(variable, 1 - learningRate * weightDecay), step));
  });
}

/** The matrix with all singular values brought near 1. [rows, columns] */
function orthogonalized(matrix: tf.Tensor2D, steps: number): tf.Tensor2D {
  // The products are of the smaller side.
  const isTall = matrix.shape[0] > matrix.shape[1];
  let x: tf.Tensor2D = isTall ? tf.transpose(matrix) : matrix;
  x = tf.div(x, tf.maximum(tf.norm(x), 1e-7));
  for (let step = 0; step < steps; step++) {
    const gram = tf.matMul(x, x, false, true);
    const polynomial = tf.add<tf.Tensor2D>(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C));
    x = tf.add(tf.mul(x, A), tf.matMul(polynomial, x));
  }
  return isTall ? tf.transpose(x) : x;
}
