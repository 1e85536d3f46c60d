import * as tfl from '@tensorflow/tfjs-layers';
import {
  apply,
  ArgumentError,
  expectInteger,
  glorotUniform,
  layerActivation,
  modelMetadata,
  nearestName,
  setModelMetadata,
} from '@zoo/core';

/**
 * Returns a model whose outputs are intermediate feature maps, for detection, segmentation and retrieval.
 *
 * It shares `model`'s layers and weights: dispose one of the two.
 *
 * @param model A network of this package, one that Keras or another program has built, or any model with layers of the given names.
 * @param outputs 'stem', 'stage1' (the papers' conv2) to 'stage4', or layers' names.
 * @returns A model with one output for each name, in order. [batch, height, width, channels] each
 * @throws ArgumentError for a name that the model has no layer for.
 */
export function features(model: tfl.LayersModel, outputs: readonly string[]): tfl.LayersModel {
  if (outputs.length === 0) throw new ArgumentError('outputs', 'at least one name', outputs);
  const tensors = outputs.map((name) => outputOf(featureLayer(model, name, 'outputs')));
  const result = tfl.model({ inputs: model.inputs, outputs: tensors, name: `${model.name}_features` });
  describeBackbone(result, model);
  return result;
}

/**
 * Returns a model whose output is the input of `model`'s classifier: the pooled features of a picture, for comparing pictures.
 *
 * It shares `model`'s layers and weights: dispose one of the two.
 *
 * @param model As for {@link replaceHead}.
 * @returns A model of one output. [batch, features]
 * @throws ArgumentError for a model that ends otherwise.
 */
export function pooledFeatures(model: tfl.LayersModel): tfl.LayersModel {
  const pooled = pooledOutput(model);
  const result = tfl.model({ inputs: model.inputs, outputs: pooled, name: `${model.name}_pooled` });
  describeBackbone(result, model);
  return result;
}

/**
 * The layer that a feature's name means.
 *
 * @throws ArgumentError about `argument` for a name that the model has no layer for.
 */
export function featureLayer(model: tfl.LayersModel, name: string, argument: string): tfl.layers.Layer {
  const named = model.layers.find((layer) => layer.name === name) ?? landmarks(model).get(name);
  if (named !== undefined) return named;
  const known = [...landmarks(model).keys()];
  const nearest = nearestName(name, [...known, ...model.layers.map((layer) => layer.name)]);
  const stages =
    known.length === 0
      ? 'It has no stages that can be told apart: give a layer.'
      : `Its stages are ${known.join(', ')}.`;
  throw new ArgumentError(
    argument,
    `a stage or layer of ${model.name}`,
    name,
    nearest === undefined || /^stage\d+$/.test(name) ? stages : `Did you mean '${nearest}'?`,
  );
}

/** The last layers of stem and stages: by the names of Keras Applications, else by where feature maps become smaller. */
function landmarks(model: tfl.LayersModel): ReadonlyMap<string, tfl.layers.Layer> {
  const found = new Map<string, tfl.layers.Layer>();
  for (const layer of model.layers) {
    if (/^(conv1_conv|conv1_relu|pool1_pool)$/.test(layer.name)) found.set('stem', layer);
    const [, stage] = /^conv(\d+)_block\d+_out$/.exec(layer.name) ?? [];
    if (stage !== undefined) found.set(`stage${Number(stage) - 1}`, layer);
  }
  return found.has('stage1') ? found : landmarksBySize(model);
}

/**
 * Of another program's residual network: the last feature map of each size, where pooling and padding make none of their own. The stem
 * is what comes before the first sum of two branches.
 */
function landmarksBySize(model: tfl.LayersModel): ReadonlyMap<string, tfl.layers.Layer> {
  const found = new Map<string, tfl.layers.Layer>();
  const isSum = (layer: tfl.layers.Layer): boolean => layer.getClassName() === 'Add';
  const lastOfSize = new Map<number, tfl.layers.Layer>();
  const firstSum = model.layers.findIndex(isSum);
  if (firstSum < 0) return found;
  const stemSize = heightOf(model.layers[firstSum]!);
  const stem = model.layers
    .slice(0, firstSum)
    .filter((layer) => heightOf(layer) !== stemSize)
    .pop();
  if (stem !== undefined) found.set('stem', stem);
  model.layers.slice(firstSum).forEach((layer, index, rest) => {
    const height = heightOf(layer);
    // A stage ends in a sum, or in what follows it alone: a batch norm, an activation.
    const follows =
      isSum(layer) || (index > 0 && isElementwise(layer) && rest[index - 1] === lastOfSize.get(height ?? -1));
    if (height !== undefined && follows) lastOfSize.set(height, layer);
  });
  [...lastOfSize.values()].forEach((layer, index) => {
    found.set(`stage${index + 1}`, layer);
  });
  return found;
}

const isElementwise = (layer: tfl.layers.Layer): boolean =>
  ['Activation', 'ReLU', 'BatchNormalization'].includes(layer.getClassName());

function heightOf(layer: tfl.layers.Layer): number | undefined {
  const shape = layer.outputShape;
  if (shape.length !== 4 || Array.isArray(shape[1])) return undefined;
  return typeof shape[1] === 'number' ? shape[1] : undefined;
}

/**
 * Freezes all layers up to and including `until`, or unfreezes all: training does not change weights and averages of frozen layers.
 *
 * @param until 'stem', 'stage1' to 'stage4', a layer's name, 'all', or null to unfreeze everything.
 * @returns The number of layers with weights that are frozen now.
 */
export function freeze(model: tfl.LayersModel, until: string | null): number {
  const last =
    until === null
      ? -1
      : until === 'all'
        ? model.layers.length - 1
        : model.layers.indexOf(featureLayer(model, until, 'until'));
  model.layers.forEach((layer, index) => {
    layer.trainable = index > last;
  });
  return model.layers.slice(0, last + 1).filter((layer) => layer.weights.length > 0).length;
}

/** Options of {@link replaceHead}. */
export interface ReplaceHeadOptions {
  /** Classes of the new classifier. */
  classes: number;
  /** Default 'softmax'. */
  classifierActivation?: 'softmax' | 'sigmoid' | 'linear';
  /** True freezes all but the new classifier. Default false. */
  freezeBackbone?: boolean;
  /** A non-negative integer; the same seed draws the same classifier. Default: another at each call. */
  seed?: number;
}

/**
 * Returns a model with `model`'s features and a new classifier, for transfer learning.
 *
 * It shares all other layers with `model`. If you dispose the new model, only the old model's classifier is left to dispose.
 *
 * Metadata about network and preprocessing is copied; class names come with the training.
 *
 * @param model A network of this package, with or without its top, or one of another program that ends in a feature map, a pooling layer or
 *   a dense classifier.
 * @throws ArgumentError for a model that ends otherwise.
 */
export function replaceHead(model: tfl.LayersModel, options: ReplaceHeadOptions): tfl.LayersModel {
  const { classes, classifierActivation = 'softmax', freezeBackbone = false, seed } = options;
  expectInteger('classes', classes, { minimum: 1 });
  const pooled = pooledOutput(model);
  const predictions = tfl.layers.dense({
    name: freeName(model, pooled, 'predictions'),
    units: classes,
    activation: classifierActivation,
    kernelInitializer: glorotUniform({ seed }),
  });
  const result = tfl.model({ inputs: model.inputs, outputs: apply(predictions, pooled), name: model.name });
  describeBackbone(result, model);
  if (freezeBackbone) for (const layer of result.layers) layer.trainable = layer === predictions;
  return result;
}

/** `name`, or with a number behind it where a layer that stays has it. */
function freeName(model: tfl.LayersModel, pooled: tfl.SymbolicTensor, name: string): string {
  const staying = model.layers
    .slice(0, model.layers.indexOf(pooled.sourceLayer) + 1)
    .map((layer) => layer.name);
  let free = name;
  for (let number = 1; staying.includes(free); number++) free = `${name}_${number}`;
  return free;
}

/** What the classifier reads: the pooled features, whatever program has built the model. */
function pooledOutput(model: tfl.LayersModel): tfl.SymbolicTensor {
  const pool = model.layers.find(({ name }) => name === 'avg_pool' || name === 'max_pool');
  if (pool !== undefined) return outputOf(pool);
  const output = model.outputs[0]!;
  if (output.shape.length === 4)
    return apply(tfl.layers.globalAveragePooling2d({ name: 'avg_pool' }), output);
  const input = classifierInput(output);
  if (input !== undefined) return input;
  throw new ArgumentError(
    'model',
    'a network that ends in a feature map, a pooling layer or a dense classifier',
    model.name,
  );
}

/** The input of the dense layer that `output` comes from, past its activation; the output itself where a pooling layer ends the model. */
function classifierInput(output: tfl.SymbolicTensor): tfl.SymbolicTensor | undefined {
  const className = output.sourceLayer.getClassName();
  const [input] = output.inputs;
  if (/^Global(Average|Max)Pooling2D$/.test(className)) return output;
  if (input === undefined) return undefined;
  if (className === 'Dense') return input.shape.length === 2 ? input : undefined;
  // Layers of their own, and operations of Keras.
  const isActivation =
    ['Activation', 'Softmax'].includes(className) ||
    /^(passing|softmax|sigmoid)$/.test(layerActivation(output.sourceLayer));
  return isActivation ? classifierInput(input) : undefined;
}

/** Hands on what holds of a backbone under any head: its network and how it reads pictures. */
function describeBackbone(target: tfl.LayersModel, source: tfl.LayersModel): void {
  const { architecture, architectureOptions, preprocessing } = modelMetadata(source) ?? {};
  setModelMetadata(target, {
    ...(architecture !== undefined && { architecture }),
    ...(architectureOptions && { architectureOptions }),
    ...(preprocessing && { preprocessing }),
  });
}

function outputOf(layer: tfl.layers.Layer): tfl.SymbolicTensor {
  return layer.output as tfl.SymbolicTensor;
}
