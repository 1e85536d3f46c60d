import type * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';
import {
  ArgumentError,
  expectNumber,
  SIGNAL,
  type AnyRow,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
  type RequiredAnyRow,
} from '@zoo/core/options';

import type { Callback } from './callbacks/callback';
import type { DistributedOptions } from './distributed/distributed-options';
import type { Optimizer, WeightDescription } from './optimizers';
import type { Schedule } from './schedules';
import type { FreezingPhase } from './training/freezing-plan';
import type { SavedOptimizerState, TrainingState } from './training/training-state';

const FOCAL_OPTIONS = {
  /** A class's cross-entropy is multiplied by the probability of the wrong answer to this power. Default 2. */
  gamma: { type: 'number', minimum: 0, default: 2 },
  /** What a class that holds counts, one that does not counting 1 - alpha; for `binaryCrossEntropy`. Default: both 1. */
  alpha: { type: 'number', minimum: 0, maximum: 1 },
} as const satisfies OptionTable;

/** How the training loss differs from plain cross-entropy. */
export const CLASSIFICATION_LOSS_OPTIONS = {
  /**
   * Share of each label that is spread evenly over all classes, in [0, 1): Szegedy et al., "Rethinking the Inception
   * Architecture for Computer Vision", section 7. Of a multi-label head, share of the way to one half, as in Keras. Default 0.
   */
  labelSmoothing: { type: 'number', minimum: 0, maximum: 1, exclusiveMaximum: true, default: 0 },
  /**
   * What the loss of an example is multiplied by, for each class; soft labels weigh in by their shares. Of a multi-label head each class's
   * own cross-entropy is multiplied. Default 1 for all.
   */
  classWeights: {
    type: 'any',
    expected: 'a number for each class',
    check: (argument, value) => {
      if (Array.isArray(value)) return value as readonly number[];
      throw new ArgumentError(argument, 'an array of numbers, one per class,', value);
    },
  } as AnyRow<readonly number[]>,
  /**
   * Cross-entropy over all classes, or the mean of each class's own, by its sigmoid. Default: by the head; `binaryCrossEntropy` for
   * several sigmoids (multi-label), else `crossEntropy`. A softmax head may train by either (Wightman et al., "ResNet strikes back",
   * section 3.1); a head of one unit has the same loss by both.
   */
  loss: { type: 'choice', choices: ['crossEntropy', 'binaryCrossEntropy'] },
  /** Turns the loss to examples that are hard: Lin et al., "Focal Loss for Dense Object Detection". */
  focal: { type: 'group', rows: FOCAL_OPTIONS },
  /**
   * What each example's loss is multiplied by, by the example's name in its batch's `sources`, which is a path as a rule. Every example
   * needs one.
   */
  sampleWeights: {
    type: 'any',
    expected: "a Map from an example's name to a number",
    check: (argument, value) => {
      if (!(value instanceof Map) || value.size === 0) {
        throw new ArgumentError(argument, "a Map from examples' names to numbers", value);
      }
      for (const [name, weight] of value as ReadonlyMap<string, number>) {
        expectNumber(`${argument} of '${name}'`, weight, { minimum: 0 });
      }
      return value as ReadonlyMap<string, number>;
    },
  } as AnyRow<ReadonlyMap<string, number>>,
} as const satisfies OptionTable;

/** How the training loss differs from plain cross-entropy. */
export interface ClassificationLossOptions extends OptionsOf<typeof CLASSIFICATION_LOSS_OPTIONS> {}

const BOUND = { type: 'number', minimum: 0, exclusiveMinimum: true } as const;

const CLIPPING_OPTIONS = {
  /** Scales all gradients by one factor so that the norm over all of them is at most this. Pascanu et al., arXiv 1211.5063. */
  globalNorm: BOUND,
  /** Cuts each element to [-value, value]. */
  value: BOUND,
  /**
   * Scales the gradient of each unit (a filter, a row of a Dense kernel's outputs, a bias) so that its norm is at most this share of the
   * norm of the unit's weights, of at least 0.001; the last layer is left alone. Usual: 0.01. Brock et al., "High-Performance Large-Scale
   * Image Recognition Without Normalization", section 4.1, as timm.
   */
  adaptive: BOUND,
} as const satisfies OptionTable;

/** How gradients are clipped; one of the three. */
export interface GradientClipping extends OptionsOf<typeof CLIPPING_OPTIONS> {}

/** {@link GradientClipping}, read. */
export type ClippingBounds = ReadOptions<typeof CLIPPING_OPTIONS>;

const AVERAGE_WEIGHTS_OPTIONS = {
  /** Averages over steps (EMA): share of the average that is kept at each, in (0, 1): 0.999 looks back over about 1,000 steps. */
  decay: { type: 'number', minimum: 0, maximum: 1, exclusiveMinimum: true, exclusiveMaximum: true },
  /**
   * Averages over epochs (SWA), from this one on, counted from 0: the mean of the weights at their ends, with the averages of batch norms
   * measured again on training data each time.
   */
  fromEpoch: { type: 'integer', minimum: 0 },
  /** With `fromEpoch`: batches that batch norms are measured on. Default: all of the epoch, one more forward pass. */
  batchNormBatches: { type: 'integer', minimum: 1 },
} as const satisfies OptionTable;

/** How weights are averaged over a run: one of `decay` and `fromEpoch`. */
export interface AverageWeightsOptions extends OptionsOf<typeof AVERAGE_WEIGHTS_OPTIONS> {}

const DISTILLATION_OPTIONS = {
  /** The network to learn from, of the same classes; it reads the same pictures and stays as it is. */
  teacher: { type: 'any', isRequired: true } as RequiredAnyRow<tfl.LayersModel>,
  /** What both networks' logits are divided by, so that small probabilities count. Default 4. */
  temperature: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 4 },
  /** Share of the loss that is the divergence from the teacher, times the temperature's square; the labels have the rest. Default 0.5. */
  share: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
} as const satisfies OptionTable;

/** How a network learns from another one: Hinton et al., "Distilling the Knowledge in a Neural Network", section 2. */
export interface DistillationOptions extends OptionsOf<typeof DISTILLATION_OPTIONS> {}

/** Options of {@link fit} that are plain data, as another thread can be sent them. */
export const PLAIN_FIT_OPTIONS = {
  ...CLASSIFICATION_LOSS_OPTIONS,
  /** Epochs in all, those before a resume included. */
  epochs: { type: 'integer', minimum: 1, isRequired: true },
  /**
   * Epochs that the model's weights have been trained for already, of `epochs`: data, schedule and callbacks go on after them, while a
   * fresh optimizer counts its own updates from the first (Keras' `initial_epoch`). A run with a checkpoint goes on by `resume`. Default 0.
   */
  initialEpoch: { type: 'integer', minimum: 0, default: 0 },
  /** Epochs from one validation to the next; the last epoch has one in any case. What watches `val...` waits for it. Default 1. */
  validationFrequency: { type: 'integer', minimum: 1, default: 1 },
  /** Also measures `valTop5Accuracy` in validation, for 5: the share of examples whose class is among this many most probable ones. */
  topK: { type: 'integer', minimum: 1 },
  /** Seeds the model's dropout layers, each its own stream at each step. Order and augmentation are the source's. Default 0. */
  seed: { type: 'integer', minimum: 0, default: 0 },
  /** Where an earlier run was: training goes on from there as if it had never stopped. Sets the model's weights. */
  resume: { type: 'any' } as AnyRow<TrainingState>,
  /**
   * Settings that a resumed run may change on purpose, by their group or in full: `['schedule', 'callbacks.earlyStopping']`. Any
   * other difference from the run to resume is refused. More epochs need not be named.
   */
  allowChanges: { type: 'any', default: [] } as AnyRowWithDefault<readonly string[]>,
  /**
   * What the optimizer begins with, in a run that goes on from another library: see {@link fromKerasOptimizer}. Epochs count from
   * 0, updates from `optimizerState.step`; the model's weights are as they are. Not with `resume` or `initialEpoch`.
   */
  optimizerState: { type: 'any' } as AnyRow<SavedOptimizerState>,
  /** Batches whose gradients make one update: an effective batch of this many times the size, in the memory of one. Default 1. */
  accumulateSteps: { type: 'integer', minimum: 1, default: 1 },
  /**
   * Keeps a few activations of a step and computes the others again for the backward pass (gradient checkpointing): ResNet-50 then trains
   * in a fraction of the memory, at the price of another forward pass. Values are the same. Default false.
   */
  recomputeActivations: { type: 'boolean', default: false },
  /**
   * Averages the weights over steps or epochs; validation measures the averages, and the model ends with them. An aborted run leaves
   * the model's own weights.
   */
  averageWeights: { type: 'group', rows: AVERAGE_WEIGHTS_OPTIONS },
  /**
   * What is frozen from which epoch on, for gradual unfreezing: `[{ fromEpoch: 0, frozen: 'conv5_block3_out' }, { fromEpoch: 3, frozen:
   * null }]`. An optimizer's state and count of steps stand still for what is frozen, as in PyTorch. After the run layers are frozen or
   * not as they were before. Default: as the model's layers are, all the time.
   */
  freezing: {
    type: 'any',
    expected: 'an array of { fromEpoch, frozen }',
    check: (argument, value) => {
      if (Array.isArray(value) && value.length > 0) return value as readonly FreezingPhase[];
      throw new ArgumentError(argument, 'an array of { fromEpoch, frozen }', value);
    },
  } as AnyRow<readonly FreezingPhase[]>,
  /** Keeps gradients small before the update. */
  clipGradients: { type: 'group', rows: CLIPPING_OPTIONS },
  /**
   * What happens at a loss or weight that is not a finite number. Default `stop`: `fit` rejects before the update, and before
   * a checkpoint is written over.
   */
  onNotFinite: { type: 'choice', choices: ['stop', 'continue'], default: 'stop' },
} as const satisfies OptionTable;

/** {@link PLAIN_FIT_OPTIONS}, given. */
export type PlainFitOptions = OptionsOf<typeof PLAIN_FIT_OPTIONS>;

/** {@link FitOptions}, as data. */
export const FIT_OPTIONS = {
  ...PLAIN_FIT_OPTIONS,
  /** What to train on. */
  train: { type: 'any', isRequired: true } as RequiredAnyRow<BatchSource>,
  /** What to measure on after every epoch, its epoch of the same number: gives `valLoss` (plain cross-entropy) and `valAccuracy`. */
  validation: { type: 'any' } as AnyRow<BatchSource>,
  /** The update rule: `sgd({ ... })`, `adam({ ... })` or `adamW({ ... })`. */
  optimizer: {
    type: 'any',
    isRequired: true,
    expected: 'an update rule',
    check: (argument, value) => {
      if (typeof (value as Partial<Optimizer> | undefined)?.init === 'function') return value as Optimizer;
      throw new ArgumentError(
        argument,
        'an optimizer',
        value,
        'Give it what sgd({ ... }) or adamW({ ... }) gives.',
      );
    },
  } as RequiredAnyRow<Optimizer>,
  /** The learning rate at each step, in place of the optimizer's own. */
  schedule: {
    type: 'any',
    expected: 'a function of the step that gives a learning rate',
  } as AnyRow<Schedule>,
  /** Watchers and helpers, called in this order. */
  callbacks: { type: 'any', default: [] } as AnyRowWithDefault<readonly Callback[]>,
  /** Aborted, the current update is finished, callbacks save what they save, and `fit` rejects with the signal's reason. */
  signal: SIGNAL,
  /**
   * What the learning rate of each weight is multiplied by: `layerDecay(model, { factor: 0.75 })`, or a function of a weight's name and
   * shape. Default 1 for all.
   */
  learningRateFactors: {
    type: 'any',
    expected: 'a function of a weight that gives a number of at least 0',
    check: (argument, value) => {
      if (typeof value === 'function') return value as (weight: WeightDescription) => number;
      throw new ArgumentError(
        argument,
        'a function of a weight',
        value,
        'layerDecay(model, { factor }) gives one.',
      );
    },
  } as AnyRow<(weight: WeightDescription) => number>,
  /** Learns from another network's answers, too. */
  distillation: { type: 'group', rows: DISTILLATION_OPTIONS },
  /**
   * Spreads the run over the ranks of an MPI program: `train` and `validation` stay the whole batches, of which each rank works on its
   * part, and all ranks call `fit` with the same options. Metrics and weights are those of the whole, on all ranks.
   */
  distributed: { type: 'any' } as AnyRow<DistributedOptions>,
} as const satisfies OptionTable;

/** Options of {@link fit}. */
export interface FitOptions extends OptionsOf<typeof FIT_OPTIONS> {}
