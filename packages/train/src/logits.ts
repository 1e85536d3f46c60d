import * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';

/** A model's outputs before its softmax: images [size, height, width, channels] -> [size, classes]. */
export type LogitsFunction = (images: tf.Tensor, training: boolean) => tf.Tensor2D;

/**
 * The logits of a classifier, whatever its head returns outside.
 *
 * A final Dense layer with a softmax gives its linear part, a final Softmax or Activation layer its input, a final nested
 * model its own logits, and any linear head is taken as it is. The model is left as it was and shares its layers with the
 * function.
 *
 * @throws ZooError `unsupported` if the model has several inputs or outputs, or ends in another activation than softmax.
 */
export function logitsOf(model: tf.LayersModel): LogitsFunction {
  const [output, secondOutput] = model.outputs;
  if (model.inputs.length !== 1 || output === undefined || secondOutput !== undefined) {
    throw new ZooError(
      'unsupported',
      `Expected a model with one input and one output but '${model.name}' has ${model.inputs.length} and ${model.outputs.length}.`,
    );
  }
  if (output.shape.length !== 2 || output.shape[1] === null) {
    throw new ZooError(
      'unsupported',
      `Expected a model that returns [size, classes] but '${model.name}' returns [${output.shape.join(', ')}]. Build it with its top.`,
    );
  }
  const layer = output.sourceLayer;
  if (layer instanceof tf.LayersModel) return logitsOfNested(model, layer);
  const activation = activationOf(layer);
  if (activation === 'linear') return (images, training) => applyModel(model, images, training);
  if (activation !== 'softmax') throw unsupportedHead(model, layer, activation);
  const body = bodyBefore(model, layer);
  if (layer.getClassName() !== 'Dense') return body;
  const head = lastLayerLogits(layer);
  return (images, training) => tf.tidy(() => head(body(images, training), training));
}

/** The logits that a model's last layer makes of its input, of a model that {@link logitsOf} takes. */
export function lastLayerLogits(layer: tf.layers.Layer): LogitsFunction {
  if (layer instanceof tf.LayersModel) return logitsOf(layer);
  if (activationOf(layer) === 'linear') {
    return (input, training) => layer.apply(input, { training }) as tf.Tensor2D;
  }
  if (layer.getClassName() !== 'Dense') return (input) => tf.clone(input) as tf.Tensor2D;
  return (a) => {
    const [kernel, bias] = layer.weights.map((weight) => weight.read());
    return tf.fused.matMul({ a, b: kernel!, ...(bias === undefined ? {} : { bias }) }) as tf.Tensor2D;
  };
}

function logitsOfNested(model: tf.LayersModel, nested: tf.LayersModel): LogitsFunction {
  const inner = logitsOf(nested);
  const body = bodyBefore(model, nested);
  return (images, training) => tf.tidy(() => inner(body(images, training), training));
}

function applyModel(model: tf.LayersModel, images: tf.Tensor, training: boolean): tf.Tensor2D {
  return model.apply(images, { training }) as tf.Tensor2D;
}

/** The part of `model` before its last layer. It owns nothing, so it is never disposed. */
function bodyBefore(model: tf.LayersModel, last: tf.layers.Layer): LogitsFunction {
  const input = model.outputs[0]!.inputs[0];
  if (input === undefined) throw unsupportedHead(model, last, activationOf(last));
  // The last layer is the whole model where its input is the model's.
  if (input === model.inputs[0]) return (images) => tf.clone(images) as tf.Tensor2D;
  // A name of its own keeps tfjs' counter of models, and so the names of the caller's next models, as they were.
  const body = tf.model({ inputs: model.inputs, outputs: input, name: `${model.name}_body` });
  return (images, training) => applyModel(body, images, training);
}

function activationOf(layer: tf.layers.Layer): string {
  if (layer.getClassName() === 'Softmax') {
    const axis = layer.getConfig()['axis'];
    return axis === -1 || axis === 1 ? 'softmax' : `softmax over axis ${JSON.stringify(axis)}`;
  }
  const activation = layer.getConfig()['activation'];
  return typeof activation === 'string' ? activation : 'linear';
}

function unsupportedHead(model: tf.LayersModel, layer: tf.layers.Layer, activation: string): ZooError {
  return new ZooError(
    'unsupported',
    `Expected a head that is linear or a softmax but '${model.name}' ends in ${layer.getClassName()} '${layer.name}' with ${activation}. Build the model with one of those.`,
  );
}
