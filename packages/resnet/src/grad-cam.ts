import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, layerActivation } from '@zoo/core';

/** Options of {@link gradCam}. */
export interface GradCamOptions {
  /** The layer whose feature map is weighed. Default: the last with a 4-D output. */
  layerName?: string;
}

/**
 * Where a picture speaks for a class: Grad-CAM (Selvaraju et al. 2017, equations 1 and 2), resized to the picture.
 *
 * The last feature map's channels are weighted by the mean gradient of the class's score, summed and rectified, and the result is
 * scaled to a maximum of 1 (all 0 where nothing speaks for the class). The score is what the model has before its softmax or sigmoid,
 * whether that is the activation of its last layer or a layer of its own.
 *
 * @param model A classifier whose layers follow one another from the map on.
 * @param image One picture, as the model reads it. [height, width, channels] or [1, height, width, channels]
 * @param classIndex The output's number.
 * @returns A heat map in 0..1, the caller's. [height, width]
 */
export function gradCam(
  model: tfl.LayersModel,
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
      tf.sum(tf.gather(scoresFrom(model, from, values), [classIndex], 1));
    const weights = tf.mean(tf.grad(score)(map), [1, 2], true);
    const heat = tf.relu(tf.sum(tf.mul(map, weights), 3, true));
    const [, height, width] = batch.shape;
    const resized = tf.image.resizeBilinear(heat as tf.Tensor4D, [height, width]);
    return tf.reshape<tf.Rank.R2>(tf.div(resized, tf.maximum(tf.max(resized), 1e-12)), [height, width]);
  });
}

function mapLayerIndex(model: tfl.LayersModel, layerName: string | undefined): number {
  const is4d = (layer: tfl.layers.Layer): boolean => outputOf(layer).shape.length === 4;
  const isWanted = layerName === undefined ? is4d : (layer: tfl.layers.Layer) => layer.name === layerName;
  const index = model.layers.map(isWanted).lastIndexOf(true);
  // From the map on, layers must follow one another: the last block's are pooled and classified.
  if (
    index >= 0 &&
    model.layers.slice(index + 1).every((layer, i) => {
      const { inputTensors } = lastCall(layer);
      return inputTensors.length === 1 && inputTensors[0] === outputOf(model.layers[index + i]!);
    })
  )
    return index;
  throw new ArgumentError('layerName', 'a layer with one path from it to the outputs', layerName);
}

/** How a layer is called in its model; the first call of a nested model is its own making. */
function lastCall(layer: tfl.layers.Layer): tfl.layers.Layer['inboundNodes'][number] {
  return layer.inboundNodes.at(-1)!;
}

function outputOf(layer: tfl.layers.Layer): tfl.SymbolicTensor {
  return lastCall(layer).outputTensors[0]!;
}

function mapOf(model: tfl.LayersModel, index: number, batch: tf.Tensor4D): tf.Tensor {
  const head = tfl.model({ inputs: model.inputs, outputs: outputOf(model.layers[index]!) });
  return head.predict(batch) as tf.Tensor;
}

/** The layers after `index`, on `values`, without what turns scores into probabilities. */
function scoresFrom(model: tfl.LayersModel, index: number, values: tf.Tensor): tf.Tensor {
  const layers = model.layers.slice(index + 1);
  const scoring = layers.map((layer) => layerActivation(layer) !== 'passing').lastIndexOf(true);
  return layers.reduce(
    (x, layer, i) => (i === scoring ? scoresOf(layer, x) : (layer.apply(x) as tf.Tensor)),
    values,
  );
}

/** Activations that turn scores into probabilities. */
const PROBABILITIES: readonly string[] = ['softmax', 'logSoftmax', 'sigmoid', 'logSigmoid'];

/** What a classifier's last layer makes of `x`, before its softmax or sigmoid. */
function scoresOf(layer: tfl.layers.Layer, x: tf.Tensor): tf.Tensor {
  if (layer instanceof tfl.LayersModel) return scoresOfModel(layer, x);
  const isAlone = /Softmax$|^ZooOperation$/.test(layer.getClassName());
  if (isAlone && /^(softmax|sigmoid)/.test(layerActivation(layer))) return x;
  const holder = layer as unknown as { activation?: unknown };
  const { activation } = holder;
  if (!PROBABILITIES.includes(layer.getConfig()['activation'] as string)) return layer.apply(x) as tf.Tensor;
  holder.activation = (
    tfl.layers.activation({ activation: 'linear' }) as unknown as typeof holder
  ).activation;
  try {
    return layer.apply(x) as tf.Tensor;
  } finally {
    holder.activation = activation;
  }
}

/** The scores of a model that is another's last layer. */
function scoresOfModel(model: tfl.LayersModel, x: tf.Tensor): tf.Tensor {
  let [output] = model.outputs as [tfl.SymbolicTensor];
  const passing: tfl.layers.Layer[] = [];
  for (; layerActivation(output.sourceLayer) === 'passing'; [output] = output.inputs as [tfl.SymbolicTensor])
    passing.unshift(output.sourceLayer);
  const [before] = output.inputs;
  const isWhole = before === undefined || before === model.inputs[0];
  const body = isWhole ? x : (tfl.model({ inputs: model.inputs, outputs: before }).apply(x) as tf.Tensor);
  return passing.reduce(
    (value, layer) => layer.apply(value) as tf.Tensor,
    scoresOf(output.sourceLayer, body),
  );
}
