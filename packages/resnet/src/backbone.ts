import * as tf from '@tensorflow/tfjs';
import {
  apply,
  ArgumentError,
  expectInteger,
  glorotUniform,
  modelMetadata,
  nearestName,
  setModelMetadata,
} from '@zoo/core';

/** Stages as papers number them after the stem: 'stage1' is `conv2`, 'stage4' `conv5`. */
const STAGE = /^stage(\d+)$/;

/**
 * A model that puts out intermediate feature maps: for detection, segmentation and retrieval.
 *
 * It shares `model`'s layers and weights: dispose one of the two.
 *
 * @param model A net of this package, or any model with layers of the given names.
 * @param outputs 'stem', 'stage1' to 'stage4', or layers' names.
 * @returns A model with one output for each name, in order. [batch, height, width, channels] each
 * @throws ArgumentError for a name that the model has no layer for.
 */
export function features(model: tf.LayersModel, outputs: readonly string[]): tf.LayersModel {
  if (outputs.length === 0) throw new ArgumentError('outputs', 'at least one name', outputs);
  const tensors = outputs.map((name) => outputOf(featureLayer(model, name)));
  return tf.model({ inputs: model.inputs, outputs: tensors, name: `${model.name}_features` });
}

/** The layer that a feature's name means. */
function featureLayer(model: tf.LayersModel, name: string): tf.layers.Layer {
  const names = model.layers.map((layer) => layer.name);
  const stage = STAGE.exec(name);
  const lastOf = (pattern: RegExp): string | undefined =>
    names.filter((candidate) => pattern.test(candidate)).pop();
  let wanted: string | undefined = name;
  if (stage !== null) wanted = lastOf(new RegExp(`^conv${Number(stage[1]) + 1}_block\\d+_out$`));
  if (name === 'stem') wanted = lastOf(/^(conv1_conv|conv1_relu|pool1_pool)$/);
  if (wanted !== undefined && names.includes(wanted)) return model.getLayer(wanted);
  const nearest = nearestName(name, ['stem', 'stage1', 'stage2', 'stage3', 'stage4', ...names]);
  const advice =
    nearest === undefined ? "Stages are called 'stage1', 'stage2' and so on." : `Did you mean '${nearest}'?`;
  throw new ArgumentError('outputs', `a stage or layer of ${model.name}`, name, advice);
}

/**
 * Freezes all layers up to and including `until`, or thaws them all: training then leaves their weights and averages alone.
 *
 * @param until 'stem', 'stage1' to 'stage4', a layer's name, 'all', or null to thaw everything.
 * @returns The number of layers with weights that are frozen now.
 */
export function freeze(model: tf.LayersModel, until: string | null): number {
  const last =
    until === null
      ? -1
      : until === 'all'
        ? model.layers.length - 1
        : model.layers.indexOf(featureLayer(model, until));
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
 * A model with `model`'s features and a new classifier: transfer learning in one call.
 *
 * It shares `model`'s other layers and weights: dispose the new one, and of the old one only its classifier is left over.
 *
 * @param model A net of this package, with or without its top.
 */
export function replaceHead(model: tf.LayersModel, options: ReplaceHeadOptions): tf.LayersModel {
  const { classes, classifierActivation = 'softmax', freezeBackbone = false, seed } = options;
  expectInteger('classes', classes, { minimum: 1 });
  const pooled = pooledFeatures(model);
  const predictions = tf.layers.dense({
    name: 'predictions',
    units: classes,
    activation: classifierActivation,
    kernelInitializer: glorotUniform({ seed }),
  });
  const result = tf.model({ inputs: model.inputs, outputs: apply(predictions, pooled), name: model.name });
  const { architecture, architectureOptions, preprocessing } = modelMetadata(model) ?? {};
  setModelMetadata(result, {
    ...(architecture !== undefined && { architecture }),
    ...(architectureOptions && { architectureOptions }),
    ...(preprocessing && { preprocessing }),
  });
  if (freezeBackbone) for (const layer of result.layers) layer.trainable = layer === predictions;
  return result;
}

function pooledFeatures(model: tf.LayersModel): tf.SymbolicTensor {
  const names = model.layers.map((layer) => layer.name);
  const pool = names.find((name) => name === 'avg_pool' || name === 'max_pool');
  if (pool !== undefined) return outputOf(model.getLayer(pool));
  const output = model.outputs[0]!;
  if (output.shape.length === 4) return apply(tf.layers.globalAveragePooling2d({ name: 'avg_pool' }), output);
  throw new ArgumentError(
    'model',
    'a net with a layer called `avg_pool` or one that ends in a feature map',
    model.name,
  );
}

function outputOf(layer: tf.layers.Layer): tf.SymbolicTensor {
  return layer.output as tf.SymbolicTensor;
}
