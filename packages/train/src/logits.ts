import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, layerActivation, ZooError } from '@zoo/core';

/** A model's outputs before its softmax or sigmoid: images [size, height, width, channels] -> [size, classes]. */
export type LogitsFunction = (images: tf.Tensor, training: boolean) => tf.Tensor2D;

/**
 * Returns a function that computes a classifier's logits, whatever its head returns.
 *
 * A final Dense layer with a softmax gives its linear part, a final Softmax or Activation layer its input, a final nested model its own
 * logits, and any linear head is taken as it is. A head of one unit gives the logits of two classes, 0 and its own: their softmax is its
 * sigmoid; a multi-label head gives one per class, whose sigmoid is the class's probability. The model is left as it was and shares its
 * layers with the function.
 *
 * @throws ArgumentError for what is no LayersModel, or one that is disposed; ZooError `unsupported` if the model has several inputs or outputs, or ends in an activation that gives no probabilities.
 */
export function logitsOf(model: tfl.LayersModel): LogitsFunction {
  expectModel(model);
  const { kind, activation } = classifierHead(model);
  const layer = model.outputs[0]!.sourceLayer;
  if (layer instanceof tfl.LayersModel) return logitsOfNested(model, layer);
  const scores = scoresOf(model, layer, activation);
  return kind === 'binary'
    ? (images, training) => tf.tidy(() => ofTwoClasses(scores(images, training)))
    : scores;
}

function expectModel(model: tfl.LayersModel): void {
  const given: unknown = model;
  // By its fields: a second copy of TensorFlow.js has another class.
  const { inputs, outputs } = (given ?? {}) as Partial<tfl.LayersModel>;
  if (!Array.isArray(inputs) || !Array.isArray(outputs)) {
    const advice =
      given instanceof Promise ? 'Await it.' : 'Build it with a call such as resnet18(), or load it.';
    throw new ArgumentError('model', 'a LayersModel of TensorFlow.js', given, advice);
  }
  // TensorFlow.js counts who uses the model, and calls one without users disposed.
  if ((given as { _refCount: number | null })._refCount === 0) {
    throw new ArgumentError('model', 'a model', 'one that is disposed', 'Build or load it again.');
  }
}

/** One unit's logit as two classes' logits. */
function ofTwoClasses(logit: tf.Tensor2D): tf.Tensor2D {
  return tf.concat([tf.zerosLike(logit), logit], 1);
}

/** The outputs before the last layer's activation. */
function scoresOf(
  model: tfl.LayersModel,
  layer: tfl.layers.Layer,
  activation: 'softmax' | 'sigmoid' | 'linear',
): LogitsFunction {
  if (activation === 'linear') return (images, training) => applyModel(model, images, training);
  if (layerActivation(layer) !== activation) throw unsupportedHead(model, layer, activation);
  const body = bodyBefore(model, layer);
  if (layer.getClassName() !== 'Dense') return body;
  const head = ownScores(layer);
  return (images, training) => tf.tidy(() => head(body(images, training), training));
}

/** The logits that a model's last layer makes of its input, of a model that {@link logitsOf} takes. */
export function lastLayerLogits(layer: tfl.layers.Layer): LogitsFunction {
  if (layer instanceof tfl.LayersModel) return logitsOf(layer);
  const scores = ownScores(layer);
  const isBinary = layer.outputShape.at(-1) === 1;
  return isBinary ? (input, training) => ofTwoClasses(scores(input, training)) : scores;
}

/** What a layer makes of its input before its activation. */
function ownScores(layer: tfl.layers.Layer): LogitsFunction {
  const activation = layerActivation(layer);
  if (activation !== 'softmax' && activation !== 'sigmoid') {
    return (input, training) => layer.apply(input, { training }) as tf.Tensor2D;
  }
  if (layer.getClassName() !== 'Dense') return (input) => tf.clone(input) as tf.Tensor2D;
  return (a) => {
    const [kernel, bias] = layer.weights.map((weight) => weight.read());
    return tf.fused.matMul({ a, b: kernel!, ...(bias === undefined ? {} : { bias }) }) as tf.Tensor2D;
  };
}

function logitsOfNested(model: tfl.LayersModel, nested: tfl.LayersModel): LogitsFunction {
  const inner = logitsOf(nested);
  const body = bodyBefore(model, nested);
  return (images, training) => tf.tidy(() => inner(body(images, training), training));
}

function applyModel(model: tfl.LayersModel, images: tf.Tensor, training: boolean): tf.Tensor2D {
  return model.apply(images, { training }) as tf.Tensor2D;
}

/** The part of `model` before its last layer. It owns nothing, so it is never disposed. */
function bodyBefore(model: tfl.LayersModel, last: tfl.layers.Layer): LogitsFunction {
  const input = model.outputs[0]!.inputs[0];
  if (input === undefined) throw unsupportedHead(model, last, 'an input of its own');
  // The last layer is the whole model where its input is the model's.
  if (input === model.inputs[0]) return (images) => tf.clone(images) as tf.Tensor2D;
  // With an explicit name tfjs' counter of models does not move, so the caller's next models keep their names.
  const body = tfl.model({ inputs: model.inputs, outputs: input, name: `${model.name}_body` });
  return (images, training) => applyModel(body, images, training);
}

function unsupportedHead(model: tfl.LayersModel, layer: tfl.layers.Layer, activation: string): ZooError {
  return new ZooError(
    'unsupported',
    `Expected a head whose last layer gives the probabilities but '${model.name}' ends in ${layer.getClassName()} '${layer.name}' after ${activation}. Build the model without it.`,
  );
}
