import * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '@zoo/core';

/** Options of {@link gradCam}. */
export interface GradCamOptions {
  /** The layer whose feature map is weighed. Default: the last with a 4-D output. */
  layerName?: string;
}

/**
 * Where a picture speaks for a class: Grad-CAM (Selvaraju et al. 2017, equations 1 and 2), resized to the picture.
 *
 * The last feature map's channels are weighted by the mean gradient of the class's score before softmax, summed and rectified, and
 * the result is scaled to a maximum of 1 (all 0 where nothing speaks for the class).
 *
 * @param model A classifier that ends in a dense layer.
 * @param image One picture, as the model reads it. [height, width, channels] or [1, height, width, channels]
 * @param classIndex The output's number.
 * @returns A heat map in 0..1, the caller's. [height, width]
 */
export function gradCam(
  model: tf.LayersModel,
  image: tf.Tensor,
  classIndex: number,
  options: GradCamOptions = {},
): tf.Tensor2D {
  const classes = model.outputs[0]!.shape.at(-1)!;
  if (!Number.isSafeInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    throw new ArgumentError('classIndex', `an output's number, 0 to ${classes - 1}`, classIndex);
  }
  if (image.rank !== 3 && (image.rank !== 4 || image.shape[0] !== 1))
    throw new ArgumentError('image', 'one picture', image);
  const from = mapLayerIndex(model, options.layerName);
  return tf.tidy(() => {
    const batch = (image.rank === 3 ? tf.expandDims(image, 0) : image) as tf.Tensor4D;
    const map = mapOf(model, from, batch);
    const score = (values: tf.Tensor): tf.Scalar =>
      tf.sum(tf.gather(logitsFrom(model, from, values), [classIndex], 1));
    const weights = tf.mean(tf.grad(score)(map), [1, 2], true);
    const heat = tf.relu(tf.sum(tf.mul(map, weights), 3, true));
    const [, height, width] = batch.shape;
    const resized = tf.image.resizeBilinear(heat as tf.Tensor4D, [height, width]);
    return tf.reshape<tf.Rank.R2>(tf.div(resized, tf.maximum(tf.max(resized), 1e-12)), [height, width]);
  });
}

function mapLayerIndex(model: tf.LayersModel, layerName: string | undefined): number {
  const is4d = (layer: tf.layers.Layer): boolean =>
    !Array.isArray(layer.output) && layer.output.shape.length === 4;
  const isWanted = layerName === undefined ? is4d : (layer: tf.layers.Layer) => layer.name === layerName;
  const index = model.layers.map(isWanted).lastIndexOf(true);
  // From the map on, layers must follow one another: the last block's are pooled and classified.
  if (
    index >= 0 &&
    model.layers.slice(index + 1).every((layer, i) => layer.input === model.layers[index + i]!.output)
  )
    return index;
  throw new ArgumentError('layerName', 'a layer with one path from it to the outputs', layerName);
}

function mapOf(model: tf.LayersModel, index: number, batch: tf.Tensor4D): tf.Tensor {
  const head = tf.model({ inputs: model.inputs, outputs: model.layers[index]!.output });
  return head.predict(batch) as tf.Tensor;
}

/** The layers after `index`, on `values`; the classifier without its activation. */
function logitsFrom(model: tf.LayersModel, index: number, values: tf.Tensor): tf.Tensor {
  return model.layers.slice(index + 1).reduce((x, layer) => {
    if (layer.getClassName() !== 'Dense') return layer.apply(x) as tf.Tensor;
    const [kernel, bias] = layer.getWeights() as [tf.Tensor2D, tf.Tensor1D | undefined];
    const product = tf.matMul(x, kernel);
    return bias === undefined ? product : tf.add(product, bias);
  }, values);
}
