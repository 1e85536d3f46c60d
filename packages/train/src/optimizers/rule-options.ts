// The tables of all rules stand here because a command line reads them before TensorFlow.js is loaded.
import type { OptionTable } from '@zoo/core/options';

import { EPSILON, FRACTION, SHARED_OPTIONS } from './shared-options';

/** What `sgd` takes, as data. */
export const SGD_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** Share of the velocity that is kept from step to step, in [0, 1). Default 0. */
  momentum: { ...FRACTION, default: 0 },
  /** True to look one step ahead along the velocity. Needs momentum. Default false. */
  nesterov: { type: 'boolean', default: false },
  /** What is added to a gradient for each unit of its weight (L2). Default 0. */
  weightDecay: SHARED_OPTIONS.weightDecay,
} as const satisfies OptionTable;

/** What `kerasSgd` takes, as data. */
export const KERAS_SGD_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** Share of the velocity that is kept, in [0, 1). Default 0. */
  momentum: { ...FRACTION, default: 0 },
  /** True to look one step ahead along the velocity. Needs momentum. Default false. */
  nesterov: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** What `adam` takes, as data. */
export const ADAM_OPTIONS = {
  /** Default 0.001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 1e-3 },
  /** Decay of the gradients' mean, in [0, 1). Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Decay of the squared gradients' mean, in [0, 1). Default 0.999. */
  beta2: { ...FRACTION, default: 0.999 },
  /** Added to the root of the second moment after its bias is corrected. Default 1e-8. */
  epsilon: { ...EPSILON, default: 1e-8 },
  /**
   * True to add `epsilon` before the second moment's bias is corrected, as Keras and TensorFlow do: the paper's "epsilon hat".
   * Default false.
   */
  epsilonHat: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** What `adamW` takes, as data. */
export const ADAM_W_OPTIONS = {
  ...ADAM_OPTIONS,
  /** Share of a weight that a step takes away at a learning rate of 1. Default 0.01. */
  weightDecay: { ...SHARED_OPTIONS.weightDecay, default: 0.01 },
  /** Which weights decay. Default: kernels; biases and norms do not. */
  weightDecayFilter: SHARED_OPTIONS.weightDecayFilter,
} as const satisfies OptionTable;

/** What `rmsProp` takes, as data. */
export const RMS_PROP_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01, PyTorch's. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** Share of the squared gradients' mean that is kept: `alpha` in PyTorch, `rho` in Keras (0.9). Default 0.99. */
  rho: { ...FRACTION, default: 0.99 },
  /** Share of the velocity that is kept, in [0, 1). Default 0. */
  momentum: { ...FRACTION, default: 0 },
  /** Default 1e-8. */
  epsilon: { ...EPSILON, default: 1e-8 },
  /** True to subtract the square of the gradients' mean, so that the root is their standard deviation. Default false. */
  centered: { type: 'boolean', default: false },
  /** True to add `epsilon` within the root, as Keras and TensorFlow do, and to have the learning rate within the velocity. Default false. */
  epsilonInRoot: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** What `nadam` takes, as data. */
export const NADAM_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.002, PyTorch's; Keras has 0.001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 2e-3 },
  /** Decay of the gradients' mean, in [0, 1). Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Decay of the squared gradients' mean, in [0, 1). Default 0.999. */
  beta2: { ...FRACTION, default: 0.999 },
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon: { ...EPSILON, default: 1e-8 },
  /** How fast the momentum warms up. Default 0.004, PyTorch's; Keras has 1. */
  momentumDecay: { type: 'number', minimum: 0, default: 0.004 },
} as const satisfies OptionTable;

/** What `adagrad` takes, as data. */
export const ADAGRAD_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01, PyTorch's; Keras has 0.001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** What the sums of squares begin with. Default 0, PyTorch's; Keras has 0.1. */
  initialAccumulator: { type: 'number', minimum: 0, default: 0 },
  /** Default 1e-10, PyTorch's. */
  epsilon: { ...EPSILON, default: 1e-10 },
  /** True to add `epsilon` within the root, as Keras does. Default false. */
  epsilonInRoot: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** What `lamb` takes, as data. */
export const LAMB_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 1e-3 },
  /** Decay of the gradients' mean, in [0, 1). Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Decay of the squared gradients' mean, in [0, 1). Default 0.999. */
  beta2: { ...FRACTION, default: 0.999 },
  /** Added to the root of the second moment. Default 1e-7, Keras'. */
  epsilon: { ...EPSILON, default: 1e-7 },
} as const satisfies OptionTable;

/** What `lars` takes, as data. */
export const LARS_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 1, timm's. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 1 },
  /** Share of the velocity that is kept, in [0, 1). Default 0.9. */
  momentum: { ...FRACTION, default: 0.9 },
  /** True to look one step ahead along the velocity. Needs momentum. Default false. */
  nesterov: { type: 'boolean', default: false },
  /** The length of a step at a learning rate of 1, as a share of the weight's norm. Default 0.001. */
  trustCoefficient: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 1e-3 },
  /** Added to the gradient's norm. Default 1e-8. */
  epsilon: { ...EPSILON, default: 1e-8 },
  /** True to lengthen no step beyond that of plain SGD (LARC). Default false. */
  trustClip: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** What `lion` takes, as data. */
export const LION_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Three to ten times below Adam's. Default 0.0001. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 1e-4 },
  /** Share of the mean in the direction, in [0, 1). Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Share of the mean that is kept, in [0, 1). Default 0.99. */
  beta2: { ...FRACTION, default: 0.99 },
} as const satisfies OptionTable;

/** What `muon` takes, as data. */
export const MUON_OPTIONS = {
  ...SHARED_OPTIONS,
  /** Default 0.01, the best of the run in ADR 0024. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 0.01 },
  /** Share of the velocity that is kept, in [0, 1). Default 0.95. */
  momentum: { ...FRACTION, default: 0.95 },
  /** True to look one step ahead along the velocity. Default true. */
  nesterov: { type: 'boolean', default: true },
  /** Newton-Schulz iterations that make a step's matrix orthogonal. Default 5. */
  newtonSchulzSteps: { type: 'integer', minimum: 1, maximum: 99, default: 5 },
  /**
   * True for steps as large as AdamW's, `0.2 * sqrt(max(rows, columns))` (Liu et al. 2025, equation 4); false for
   * `sqrt(max(1, columns / rows))` (Jordan et al. 2024), whose learning rates are ten times as large. Default true.
   */
  matchAdamW: { type: 'boolean', default: true },
  /** Decay of the gradients' mean, in [0, 1), of weights that AdamW updates. Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Decay of the squared gradients' mean, in [0, 1), of weights that AdamW updates. Default 0.999. */
  beta2: { ...FRACTION, default: 0.999 },
  /** Added to the root of the second moment of weights that AdamW updates. Default 1e-8. */
  epsilon: { ...EPSILON, default: 1e-8 },
  /** Share of a weight that a step takes away at a learning rate of 1. Default 0.01. */
  weightDecay: { ...SHARED_OPTIONS.weightDecay, default: 0.01 },
} as const satisfies OptionTable;

/** What `lookahead` takes, as data. */
export const LOOKAHEAD_OPTIONS = {
  /** Updates of the rule within between two looks back. Default 6. */
  syncSteps: { type: 'integer', minimum: 1, default: 6 },
  /** Share of the way to where the rule has come that is taken, in (0, 1]. Default 0.5. */
  share: { type: 'number', minimum: 0, maximum: 1, exclusiveMinimum: true, default: 0.5 },
} as const satisfies OptionTable;

/** What `scheduleFreeAdamW` takes, as data. */
export const SCHEDULE_FREE_ADAM_W_OPTIONS = {
  ...SHARED_OPTIONS,
  /** One to ten times AdamW's; constant, or after a warm-up. Default 0.0025. */
  learningRate: { ...SHARED_OPTIONS.learningRate, default: 2.5e-3 },
  /** How far the point of the gradients is on the way from the steps to their average, in (0, 1). Default 0.9. */
  beta1: { ...FRACTION, default: 0.9 },
  /** Decay of the squared gradients' mean, in [0, 1). Default 0.999. */
  beta2: { ...FRACTION, default: 0.999 },
  /** Added to the root of the second moment after its bias is corrected. Default 1e-8. */
  epsilon: { ...EPSILON, default: 1e-8 },
} as const satisfies OptionTable;

/** The options of every rule, by the name that its builder and its optimizer have. */
export const OPTIMIZER_OPTIONS = {
  sgd: SGD_OPTIONS,
  kerasSgd: KERAS_SGD_OPTIONS,
  adam: ADAM_OPTIONS,
  adamW: ADAM_W_OPTIONS,
  rmsProp: RMS_PROP_OPTIONS,
  nadam: NADAM_OPTIONS,
  adagrad: ADAGRAD_OPTIONS,
  lamb: LAMB_OPTIONS,
  lars: LARS_OPTIONS,
  lion: LION_OPTIONS,
  muon: MUON_OPTIONS,
  scheduleFreeAdamW: SCHEDULE_FREE_ADAM_W_OPTIONS,
} as const satisfies Readonly<Record<string, OptionTable>>;

/** A rule's name. */
export type OptimizerName = keyof typeof OPTIMIZER_OPTIONS;
