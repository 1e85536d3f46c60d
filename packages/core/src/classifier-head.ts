import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';

import { ZooError } from './errors';
import type { HeadKind } from './model-metadata';
import { modelMetadata } from './read-model-metadata';

/** What a classifier's outputs are. */
export interface ClassifierHead {
  readonly kind: HeadKind;
  /** What the outputs have passed through already; `linear`: they are logits. */
  readonly activation: 'softmax' | 'sigmoid' | 'linear';
  /** Classes that it tells apart: the outputs' number, or 2 for the one unit of a binary head. */
  readonly classCount: number;
  /** What logits are divided by: see `ModelMetadata`. Absent: 1. */
  readonly temperature?: number | undefined;
}

const AVERAGES = /Average/;

/**
 * Says how the outputs of a classifier are read, from its metadata or else from its last layer. One unit is a binary head, several sigmoids
 * are a multi-label head, and everything else is a softmax head; its outputs may still be logits.
 *
 * @throws ZooError `unsupported` if the model has several inputs or outputs, does not return [size, classes] or ends in an activation that
 *   gives no probabilities.
 */
export function classifierHead(model: tfl.LayersModel): ClassifierHead {
  const [output, secondOutput] = model.outputs;
  if (model.inputs.length !== 1 || output === undefined || secondOutput !== undefined) {
    throw new ZooError(
      'unsupported',
      `Expected a model with one input and one output but '${model.name}' has ${model.inputs.length} and ${model.outputs.length}. Give the part of it that has one of each.`,
    );
  }
  const units = output.shape[1];
  if (output.shape.length !== 2 || typeof units !== 'number') {
    throw new ZooError(
      'unsupported',
      `Expected a model that returns [size, classes] but '${model.name}' returns [${output.shape.map((size) => size ?? 'any').join(', ')}]. Build it with its top.`,
    );
  }
  const activation = outputActivation(output, model);
  const { head, temperature } = modelMetadata(model) ?? {};
  const kind = head ?? kindOf(units, activation);
  return { kind, activation, classCount: kind === 'binary' ? 2 : units, temperature };
}

function kindOf(units: number, activation: ClassifierHead['activation']): HeadKind {
  if (units === 1 && activation !== 'softmax') return 'binary';
  return activation === 'sigmoid' ? 'multiLabel' : 'softmax';
}

function outputActivation(output: tfl.SymbolicTensor, model: tfl.LayersModel): ClassifierHead['activation'] {
  const { sourceLayer } = output;
  const activation = activationOf(output);
  if (activation === 'softmax' || activation === 'sigmoid' || activation === 'linear') return activation;
  throw new ZooError(
    'unsupported',
    `Expected a head that is linear, a softmax or a sigmoid but '${model.name}' ends in ${sourceLayer.getClassName()} '${sourceLayer.name}' with ${activation}. Build the model with one of those.`,
  );
}

/** The activation that values have passed through last. */
function activationOf(output: tfl.SymbolicTensor): string {
  const { sourceLayer, inputs } = output;
  const inner = (sourceLayer as Partial<tfl.LayersModel>).outputs?.[0];
  if (inner !== undefined) return activationOf(inner);
  const own = layerActivation(sourceLayer);
  if (own === 'passing') return inputs[0] === undefined ? 'linear' : activationOf(inputs[0]);
  if (own !== 'mixing') return own;
  const before = inputs.map(activationOf);
  const probabilities = before.find((each) => /softmax|sigmoid/i.test(each));
  if (probabilities === undefined) return 'linear';
  // Means of probabilities are probabilities.
  const isMean = AVERAGES.test(sourceLayer.getClassName()) && before.every((each) => each === probabilities);
  return isMean ? probabilities : `${probabilities} before it`;
}

/**
 * The probabilities that a classifier's outputs mean, divided by its temperature if it has one; of both classes for a binary head.
 *
 * @param outputs What the model returned. [size, units]
 * @returns A new tensor, the caller's. [size, classes]
 */
export function classProbabilities(
  { kind, activation, temperature = 1 }: ClassifierHead,
  outputs: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tidy(() => {
    const isLinear = activation === 'linear';
    const toProbabilities = kind === 'softmax' ? tf.softmax : tf.sigmoid;
    const values =
      isLinear || temperature !== 1
        ? toProbabilities(
            tf.div<tf.Tensor2D>(isLinear ? outputs : logitsOfProbabilities(kind, outputs), temperature),
          )
        : tf.clone(outputs);
    return kind === 'binary' ? tf.concat([tf.sub(1, values), values] as tf.Tensor2D[], 1) : values;
  });
}

/**
 * Logits that have these probabilities: logarithms, or log odds for independent units. Probabilities that float32 has rounded to 0 or 1 are
 * first moved slightly inside the range.
 *
 * @returns A new tensor, the caller's. [size, units]
 */
export function logitsOfProbabilities(kind: HeadKind, probabilities: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const within = tf.clipByValue(probabilities, 1e-30, 1 - 2 ** -24);
    const logarithms = tf.log(within);
    return kind === 'softmax' ? logarithms : tf.sub(logarithms, tf.log(tf.sub(1, within)));
  });
}

/**
 * What a layer does to values last: the name of an activation; `passing` if it returns its input's values (reshaped, or changed only in
 * training); `mixing` if it computes with its input and has no activation of its own.
 */
export type LayerActivation = string;

const PASSING = /^(reshape|flatten|(spatial)?dropout(1d)?|identity)$/i;

/** Says from a layer's class and settings what it does to values last. */
export function layerActivation(layer: tfl.layers.Layer): LayerActivation {
  const className = layer.getClassName();
  if (PASSING.test(className)) return 'passing';
  const config = layer.getConfig();
  const { activation } = config;
  if (typeof activation === 'string') return activation;
  if (className === 'Softmax' || className === 'ZooSoftmax') return softmaxOver(config['axis'], layer);
  // Operations of Keras' functional models, as `@zoo/weights` reads them.
  if (className === 'ZooOperation') {
    const operation = config['operation'] as string;
    if (PASSING.test(operation)) return 'passing';
    const options = config['options'] as { axis?: unknown } | undefined;
    if (operation === 'softmax') return softmaxOver(options?.axis, layer);
    return operation === 'sigmoid' ? operation : 'mixing';
  }
  return /LU$/.test(className) ? className : 'mixing';
}

function softmaxOver(axis: unknown, layer: tfl.layers.Layer): string {
  const last = layer.outputShape.length - 1;
  const axes = [axis ?? -1].flat();
  return axes.every((each) => each === -1 || each === last)
    ? 'softmax'
    : `softmax over axis ${JSON.stringify(axis)}`;
}
