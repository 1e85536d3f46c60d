import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError } from '@zoo/core';
import { modelWeights } from '@zoo/weights';

/** A weight of a model as a run has it; names are those of `modelWeights`. */
export interface RunWeight {
  /** The layer's name and the weight's, `conv1_conv/kernel`, with the names of nested models before them. */
  readonly name: string;
  /** What a training step reads and updates. */
  readonly variable: tf.Variable;
  /** True if training may change it: the layer is not frozen and it is no moving average. */
  readonly trainable: boolean;
  /** Applied after each update, if the layer has one. */
  readonly constraint: { apply(weight: tf.Tensor): tf.Tensor } | undefined;
}

/** All weights of `model`. */
export function runWeights(model: tfl.LayersModel): RunWeight[] {
  const trainable = new Set(model.trainableWeights.map((weight) => weight.id));
  return modelWeights(model).map(({ name, variable }) => ({
    name,
    variable: variableOf(variable),
    trainable: trainable.has(variable.id),
    constraint: constraintOf(variable),
  }));
}

// Typed as always present by tfjs, absent as a rule.
function constraintOf(weight: { constraint: unknown }): RunWeight['constraint'] {
  return (weight.constraint ?? undefined) as RunWeight['constraint'];
}

function variableOf(weight: { read(): tf.Tensor }): tf.Variable {
  const value = weight.read();
  if (isVariable(value)) return value;
  throw new ArgumentError(
    'model',
    'a model built by the copy of TensorFlow.js that this package imports',
    value,
    'Keep one version of @tensorflow/tfjs-core: `npm ls @tensorflow/tfjs-core` lists them.',
  );
}

function isVariable(value: tf.Tensor): value is tf.Variable {
  return value instanceof tf.Variable;
}
