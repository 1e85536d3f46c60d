import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '@zoo/core';

/** A weight of a model under the name that files and optimizers know it by. */
export interface NamedWeight {
  /**
   * The layer's name and the weight's, `conv1_conv/kernel`, without the suffix that tfjs adds for a second model in one
   * process; where a nested model repeats a name, the later ones end in `#2`, `#3`, ...
   */
  readonly name: string;
  /** What a training step reads and updates. */
  readonly variable: tf.Variable;
  /** True if training may change it: the layer is not frozen and it is no moving average. */
  readonly trainable: boolean;
  /** Applied after each update, if the layer has one. */
  readonly constraint: { apply(weight: tf.Tensor): tf.Tensor } | undefined;
}

/** All weights of `model` in its own order, named. */
export function namedWeights(model: tf.LayersModel): NamedWeight[] {
  const trainable = new Set(model.trainableWeights.map((weight) => weight.id));
  const seen = new Map<string, number>();
  return model.weights.map((weight) => {
    const count = (seen.get(weight.originalName) ?? 0) + 1;
    seen.set(weight.originalName, count);
    return {
      name: count === 1 ? weight.originalName : `${weight.originalName}#${count}`,
      variable: variableOf(weight),
      trainable: trainable.has(weight.id),
      constraint: constraintOf(weight),
    };
  });
}

// Typed as always present by tfjs, absent as a rule.
function constraintOf(weight: { constraint: unknown }): NamedWeight['constraint'] {
  return (weight.constraint ?? undefined) as NamedWeight['constraint'];
}

function variableOf(weight: { read(): tf.Tensor }): tf.Variable {
  const value = weight.read();
  if (isVariable(value)) return value;
  throw new ArgumentError(
    'model',
    'a model built by the copy of TensorFlow.js that this package imports',
    value,
    'Keep one version of @tensorflow/tfjs: `npm ls @tensorflow/tfjs` lists them.',
  );
}

function isVariable(value: tf.Tensor): value is tf.Variable {
  return value instanceof tf.Variable;
}
