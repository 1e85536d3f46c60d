import * as tf from '@tensorflow/tfjs';
import { apply, dropout, type Initializer, type ModelMetadata, setModelMetadata } from '@zoo/core';

import type { Application } from './application';
import { layerSeed } from './variants';

/** The tensor that a net is built upon: the caller's, or a new input. */
export function inputOf(
  application: Application,
  inputTensor: tf.SymbolicTensor | undefined,
): tf.SymbolicTensor {
  return inputTensor ?? tf.input({ shape: [...application.inputShape] });
}

/** Options of {@link finishModel}. */
export interface FinishOptions {
  /** The net's input: the caller's tensor, or {@link inputOf}'s. */
  input: tf.SymbolicTensor;
  /** The last block's output. [batch, height, width, channels] */
  features: tf.SymbolicTensor;
  application: Application;
  /** What the net was built as: `resnet18`, say. */
  architecture: string;
  /** The options that make it another network than the architecture's own, for the metadata. */
  architectureOptions: NonNullable<ModelMetadata['architectureOptions']>;
  dropRate: number;
  seed: number | undefined;
  /** What draws the classifier's kernel. */
  kernelInitializer: (layerName: string) => Initializer;
}

/** The model: its features with a classifier, or pooled, or as they are. */
export function finishModel(options: FinishOptions): tf.LayersModel {
  const { input, features, application, architecture, architectureOptions } = options;
  const outputs = application.includeTop
    ? classifier(features, options)
    : pooled(features, application.pooling);
  const model = tf.model({ inputs: sourceInputs(input), outputs, name: application.name });
  setModelMetadata(model, { architecture, architectureOptions });
  return model;
}

function classifier(features: tf.SymbolicTensor, options: FinishOptions): tf.SymbolicTensor {
  const { application, dropRate, seed } = options;
  let x = apply(tf.layers.globalAveragePooling2d({ name: 'avg_pool' }), features);
  if (dropRate > 0) {
    const dropSeed = layerSeed(seed, 'drop');
    x = apply(
      dropout({ name: 'drop', rate: dropRate, ...(dropSeed === undefined ? {} : { seed: dropSeed }) }),
      x,
    );
  }
  const dense = tf.layers.dense({
    name: 'predictions',
    units: application.classes,
    activation: application.classifierActivation,
    kernelInitializer: options.kernelInitializer('predictions'),
  });
  return apply(dense, x);
}

function pooled(features: tf.SymbolicTensor, pooling: Application['pooling']): tf.SymbolicTensor {
  if (pooling === 'avg') return apply(tf.layers.globalAveragePooling2d({ name: 'avg_pool' }), features);
  if (pooling === 'max') return apply(tf.layers.globalMaxPooling2d({ name: 'max_pool' }), features);
  return features;
}

/** The inputs that `tensor` comes from: itself, unless it is a layer's output. */
function sourceInputs(tensor: tf.SymbolicTensor): tf.SymbolicTensor[] {
  const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex];
  if (node === undefined || node.inputTensors.length === 0 || node.inboundLayers.length === 0)
    return [tensor];
  return [...new Set(node.inputTensors.flatMap(sourceInputs))];
}
