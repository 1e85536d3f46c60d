import type * as tf from '@tensorflow/tfjs-core';

import type { Schedule } from '../schedules';

import type { WeightDecayFilter } from './weight-decay';

/** A weight that an optimizer updates. */
export interface Parameter {
  /** The weight's name: what the optimizer's state is keyed by. */
  readonly name: string;
  /** The weight itself; updated in place. */
  readonly variable: tf.Variable;
}

/** How one update is made. */
export interface UpdateRequest {
  readonly learningRate: number;
  /** The update's number, from 1. */
  readonly step: number;
  /** What gradients are multiplied by before anything else. */
  readonly gradientScale: number;
}

/**
 * An update rule with its settings, and no state: the same one may serve any number of runs.
 *
 * Made by {@link sgd}, {@link adamW} and the others; anything of this shape is an optimizer.
 */
export interface Optimizer {
  /** The rule's name, kept in checkpoints. */
  readonly name: string;
  /** The learning rate; a schedule given to `fit` goes before it. */
  readonly learningRate: number | Schedule;
  /** Everything else that was set, for reports. */
  readonly settings: Readonly<Record<string, number | boolean>>;
  /** Which weights its weight decay acts on, if it has one. */
  readonly weightDecayFilter?: WeightDecayFilter;
  /** True for a rule that trains at one point and whose state knows another, an average, that is to be measured and kept. */
  readonly averagesWeights?: boolean;
  /** The state with which a run begins for these parameters. The caller disposes it. */
  init(parameters: readonly Parameter[]): OptimizerState;
}

/** An optimizer's state in one run. */
export interface OptimizerState {
  /**
   * Updates every parameter that has a gradient.
   *
   * @param gradients One for each parameter, in order; undefined where the loss does not depend on it. Not disposed.
   */
  update(gradients: readonly (tf.Tensor | undefined)[], request: UpdateRequest): void;
  /** The average of a parameter, of a rule that has {@link Optimizer.averagesWeights}: a new tensor. */
  averageOf?(parameter: Parameter): tf.Tensor;
  /** The state by slot and weight name, `velocity/conv1_conv/kernel`: what a checkpoint keeps. */
  readonly slots: ReadonlyMap<string, tf.Variable>;
  dispose(): void;
}
