import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, freeingTape, layerActivation } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { featureLayer } from './backbone';

const GRAD_CAM_OPTIONS = {
  /** The layer whose feature map is weighed, or a stage (see `features`). Default: the last with a feature map. */
  layerName: { type: 'text', expected: 'the name of a layer or stage' },
  /** Where the picture speaks against the class instead: the gradient negated (section 3.3). Default false. */
  counterfactual: { type: 'boolean', default: false },
} as const satisfies OptionTable;

/** Options of {@link gradCam}. */
export interface GradCamOptions extends OptionsOf<typeof GRAD_CAM_OPTIONS> {}

/**
 * Computes which parts of a picture speak for a class: Grad-CAM (Selvaraju et al. 2017, equations 1 and 2), resized to the picture.
 *
 * The feature map's channels are weighted by the mean gradient of the class's score, summed and passed through ReLU, and the result is
 * scaled to a maximum of 1 (all 0 where nothing speaks for the class). The score is what the model has before its softmax or sigmoid,
 * whether that is the activation of its last layer or a layer of its own.
 *
 * @param model A classifier, ours, Keras' or another program's.
 * @param image One picture, as the model reads it. [height, width, channels] or [1, height, width, channels]
 * @param classIndex The output's number.
 * @returns A heat map in 0..1, the caller's. [height, width]
 * @throws ArgumentError for a class that the model lacks, more than one picture, a layer that it lacks, that has no feature map or that no
 *   output depends on.
 */
export function gradCam(
  model: tfl.LayersModel,
  image: tf.Tensor,
  classIndex: number,
  options: GradCamOptions = {},
): tf.Tensor2D {
  const { layerName, counterfactual } = readOptions(GRAD_CAM_OPTIONS, options);
  const output = model.outputs[0]!;
  const classes = output.shape.at(-1)!;
  if (!Number.isSafeInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    throw new ArgumentError('classIndex', `an output's number, 0 to ${classes - 1}`, classIndex);
  }
  if (image.rank !== 3 && (image.rank !== 4 || image.shape[0] !== 1))
    throw new ArgumentError('image', 'one picture', image);
  const graph = inOrder(output);
  const mapped = featureMap(model, graph, layerName);
  const { behind, beside } = pathsFrom(mapped, graph);
  return tf.tidy(() => {
    const batch = (image.rank === 3 ? tf.expandDims(image, 0) : image) as tf.Tensor4D;
    const [map, ...others] = valuesOf(model, [mapped, ...beside], batch) as [tf.Tensor4D, ...tf.Tensor[]];
    const score = (values: tf.Tensor): tf.Scalar => {
      const known = new Map<tfl.SymbolicTensor, tf.Tensor>([[mapped, values]]);
      beside.forEach((tensor, index) => known.set(tensor, others[index]!));
      return tf.sum(tf.gather(scoresFrom(behind, known), [classIndex], 1));
    };
    const weights = tf.mean(
      freeingTape(() => tf.grad(score)(map)),
      [1, 2],
      true,
    );
    const sum = tf.sum(tf.mul(map, weights), 3, true);
    const heat = tf.relu(counterfactual ? tf.neg(sum) : sum);
    const [, height, width] = batch.shape;
    // Pixel centres are aligned with pixel centres: otherwise a coarse map's heat lies up to half a cell to the left and above.
    const resized = tf.image.resizeBilinear(heat as tf.Tensor4D, [height, width], false, true);
    return tf.reshape<tf.Rank.R2>(tf.div(resized, tf.maximum(tf.max(resized), 1e-12)), [height, width]);
  });
}

/** What `output` is computed of, and itself: each tensor behind its inputs. */
function inOrder(output: tfl.SymbolicTensor): tfl.SymbolicTensor[] {
  const ordered = new Set<tfl.SymbolicTensor>();
  const pending = [output];
  // No recursion: networks of a thousand layers are deeper than the stack.
  for (let tensor = pending.at(-1); tensor !== undefined; tensor = pending.at(-1)) {
    const missing = tensor.inputs.filter((input) => !ordered.has(input));
    pending.push(...missing);
    if (missing.length > 0) continue;
    ordered.add(tensor);
    pending.pop();
  }
  return [...ordered];
}

/** The feature map that is asked for; the last one before the picture is pooled, if none is. */
function featureMap(
  model: tfl.LayersModel,
  graph: readonly tfl.SymbolicTensor[],
  layerName: string | undefined,
): tfl.SymbolicTensor {
  const layer = layerName === undefined ? undefined : featureLayer(model, layerName, 'options.layerName');
  const found = [...graph].reverse().find(({ shape, sourceLayer }) =>
    layer === undefined
      ? // Global pooling may keep its axes.
        shape.length === 4 && !sourceLayer.getClassName().startsWith('Global')
      : sourceLayer === layer,
  );
  if (found?.shape.length === 4) return found;
  if (layer === undefined)
    throw new ArgumentError(
      'model',
      'a classifier with a feature map that its classes depend on',
      model.name,
    );
  throw new ArgumentError(
    'options.layerName',
    'a layer with a feature map that the classes depend on',
    layerName,
    found && `Its output has the shape [${found.shape.map((size) => size ?? 'any').join(', ')}].`,
  );
}

/** What is computed of `map`, in order, and what else that takes: where paths come in that do not lead through the map. */
function pathsFrom(
  map: tfl.SymbolicTensor,
  graph: readonly tfl.SymbolicTensor[],
): { behind: tfl.SymbolicTensor[]; beside: tfl.SymbolicTensor[] } {
  const behind = new Set<tfl.SymbolicTensor>();
  const isKnown = (tensor: tfl.SymbolicTensor): boolean => tensor === map || behind.has(tensor);
  for (const tensor of graph) if (tensor.inputs.some(isKnown)) behind.add(tensor);
  const inputs = [...behind].flatMap((tensor) => tensor.inputs);
  return { behind: [...behind], beside: [...new Set(inputs.filter((tensor) => !isKnown(tensor)))] };
}

function valuesOf(
  model: tfl.LayersModel,
  tensors: readonly tfl.SymbolicTensor[],
  batch: tf.Tensor4D,
): tf.Tensor[] {
  const input = model.inputs[0]!;
  const computed = tensors.filter((tensor) => tensor !== input);
  if (computed.length === 0) return [batch];
  const head = tfl.model({ inputs: model.inputs, outputs: computed });
  const values = [head.predict(batch)].flat();
  return tensors.map((tensor) => (tensor === input ? batch : values[computed.indexOf(tensor)]!));
}

/** The values of the last of `behind`, from those that are known on, without what turns scores into probabilities. */
function scoresFrom(
  behind: readonly tfl.SymbolicTensor[],
  known: Map<tfl.SymbolicTensor, tf.Tensor>,
): tf.Tensor {
  const output = behind.at(-1)!;
  const scoring = scoringTensor(output);
  for (const tensor of behind) {
    const { sourceLayer, inputs, outputTensorIndex = 0 } = tensor;
    const values = inputs.map((input) => known.get(input)!);
    const value =
      tensor === scoring
        ? scoresOf(sourceLayer, values[0]!)
        : [sourceLayer.apply(values.length === 1 ? values[0]! : values)].flat()[outputTensorIndex];
    known.set(tensor, value as tf.Tensor);
  }
  return known.get(output)!;
}

/** What the layer puts out that makes the classes' scores; layers behind it pass them on. */
function scoringTensor(output: tfl.SymbolicTensor): tfl.SymbolicTensor {
  let tensor = output;
  while (layerActivation(tensor.sourceLayer) === 'passing' && tensor.inputs.length === 1)
    tensor = tensor.inputs[0]!;
  return tensor;
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
