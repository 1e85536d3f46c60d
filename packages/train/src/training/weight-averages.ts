import * as tf from '@tensorflow/tfjs-core';

import type { RunWeight } from './run-weights';

/** Averages of a model's weights beside the weights themselves. */
export interface WeightAverages {
  /** The averages by weight name. */
  readonly values: ReadonlyMap<string, tf.Variable>;
  /** After update `step`, from 1. */
  update(step: number): void;
  /**
   * At an epoch's end, before validation.
   *
   * @param reestimate Measures the moving averages of the model's batch norms again.
   */
  endEpoch(epoch: number, reestimate: () => Promise<void>): Promise<void>;
  /** Epochs that the averages are over: what a checkpoint keeps. 0 for averages over steps. */
  epochCount(): number;
  setEpochCount(epochs: number): void;
  /** Puts the averages into the model for good. */
  keepIn(): void;
  /** Puts the averages into the model; returns what puts its own weights back. */
  swapIn(): () => void;
  dispose(): void;
}

/**
 * Exponential moving averages of all weights of a model, moving statistics included: Polyak averaging, as timm's ModelEma.
 *
 * `average = d * average + (1 - d) * weight` with `d = min(decay, (1 + step) / (10 + step))`, so that an early average does not hold
 * on to the first weights (tf.train.ExponentialMovingAverage, `num_updates`).
 */
export function createWeightAverages(
  weights: readonly RunWeight[],
  { decay }: { decay: number },
): WeightAverages {
  const values = new Map(weights.map(({ name, variable }) => [name, copyOf(variable)]));
  return {
    values,
    endEpoch: () => Promise.resolve(),
    epochCount: () => 0,
    setEpochCount: () => undefined,
    update: (step) => {
      const kept = Math.min(decay, (1 + step) / (10 + step));
      tf.tidy(() => {
        for (const { name, variable } of weights) {
          const average = values.get(name)!;
          average.assign(tf.add(tf.mul(average, kept), tf.mul(variable, 1 - kept)));
        }
      });
    },
    keepIn: () => {
      for (const { name, variable } of weights) variable.assign(values.get(name)!);
    },
    swapIn: () => swapValues(weights, values),
    dispose: () => values.forEach((average) => average.dispose()),
  };
}

/** Sets weights to the values of their names; returns what puts their own back. */
export function swapValues(
  weights: readonly RunWeight[],
  values: ReadonlyMap<string, tf.Variable>,
): () => void {
  const own = weights.map(({ variable }) => tf.clone(variable));
  for (const { name, variable } of weights) variable.assign(values.get(name)!);
  return () => {
    weights.forEach(({ variable }, index) => variable.assign(own[index]!));
    tf.dispose(own);
  };
}

/** A variable of its own with the same values. */
export function copyOf(variable: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.mul(variable, 1), false));
}
