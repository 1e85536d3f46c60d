import { cutText } from '@zoo/core';

import { INTERPOLATIONS } from '../layers/resample';
import { escapedName } from '../source/byte-source';

import { isJsonObject, type JsonObject } from './json-object';

type Check = (value: unknown, config: JsonObject) => boolean;

const isSet: Check = (value) => value !== null && value !== undefined && value !== false;
const isNoOneOf =
  (...allowed: unknown[]): Check =>
  (value) =>
    value !== undefined && value !== null && !allowed.includes(value);
const isBeyondOne: Check = (value) => typeof value === 'number' && value !== 1;
const hasSeveral: Check = (value) => Array.isArray(value) && value.length !== 1;

/** A number above one, or a list with one in it. */
const isAboveOne = (value: unknown): boolean => [value ?? 1].flat().some((size) => size !== 1);

const PADDING = isNoOneOf('valid', 'same');
const DEPTHWISE = {
  padding: PADDING,
  groups: isBeyondOne,
  dilation_rate: (value: unknown, { strides }: JsonObject) => isAboveOne(value) && isAboveOne(strides),
};
const POOLING = { padding: PADDING };
const SEQUENCE = { zero_output_for_mask: isSet, time_major: isSet };

/** Values of options that nobody computes here, by class and by Keras' name of the option. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  InputLayer: {
    sparse: isSet,
    ragged: isSet,
    optional: isSet,
    dtype: (value) => /^(string|complex)/.test(typeName(value)),
  },
  Conv1D: { padding: isNoOneOf('valid', 'same', 'causal') },
  Conv2D: { padding: PADDING },
  Conv3D: { padding: PADDING },
  Conv2DTranspose: { padding: PADDING, groups: isBeyondOne },
  Conv3DTranspose: { padding: PADDING, groups: isBeyondOne },
  SeparableConv2D: DEPTHWISE,
  DepthwiseConv2D: DEPTHWISE,
  UpSampling2D: { interpolation: isNoOneOf(...INTERPOLATIONS) },
  Resizing: {
    interpolation: isNoOneOf(...INTERPOLATIONS),
    fill_mode: (value = 'constant', config) => config['pad_to_aspect_ratio'] === true && value !== 'constant',
  },
  BatchNormalization: {
    axis: hasSeveral,
    renorm: isSet,
    virtual_batch_size: isSet,
    adjustment: isSet,
    // Keras 1: norms of each example by itself, and norms by the batch's statistics always.
    mode: (value) => typeof value === 'number' && value !== 0,
  },
  // Ours is of pictures, channels last.
  GroupNormalization: {
    axis: isNoOneOf(-1, 3),
    beta_regularizer: isSet,
    gamma_regularizer: isSet,
    beta_constraint: isSet,
    gamma_constraint: isSet,
  },
  AlphaDropout: { noise_shape: isSet },
  LayerNormalization: { rms_scaling: isSet, beta_constraint: isSet, gamma_constraint: isSet },
  AveragePooling1D: POOLING,
  AveragePooling2D: POOLING,
  AveragePooling3D: POOLING,
  MaxPooling1D: POOLING,
  MaxPooling2D: POOLING,
  MaxPooling3D: POOLING,
  SimpleRNN: SEQUENCE,
  LSTM: SEQUENCE,
  RNN: SEQUENCE,
  ConvLSTM2D: { ...SEQUENCE, unroll: isSet },
  GRU: SEQUENCE,
  Bidirectional: { backward_layer: differsFromForward },
};

/** What of a layer's options can't be done, each by its name in Keras and its value. */
export function optionProblems(className: string, config: JsonObject): string[] {
  const checks = Object.hasOwn(REFUSED, className) ? REFUSED[className]! : {};
  const problems = Object.entries(checks)
    .filter(([key, isRefused]) => isRefused(config[key], config))
    .map(([key]) => `${key} ${describe(config[key])}`);
  // TensorFlow.js throws when such a layer is called.
  if (isSet(config['activity_regularizer'], config))
    problems.push(`activity_regularizer ${describe(config['activity_regularizer'])}`);
  // Layers compute in float32, whatever the precision that they were trained in. Whole numbers and quantized weights are something
  // else, and bfloat16 weights no type of HDF5's.
  const type = typeName(config['dtype']);
  if (className !== 'InputLayer' && !/^(float|half|mixed|global)/.test(type))
    problems.push(`dtype '${type}'`);
  return problems;
}

/** The name of a data type or of a policy that Keras 3 writes in its place. */
export function typeName(value: unknown): string {
  const policy = isJsonObject(value) && isJsonObject(value['config']) ? value['config']['name'] : value;
  return typeof policy === 'string' ? policy : 'float32';
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${escapedName(value)}'` : cutText(JSON.stringify(value), 80);
}

/** Options in which the layer that reads backwards may differ from the other. */
const OWN_OPTIONS =
  /^(name|go_backwards|seed|dtype|trainable|zero_output_for_mask|.*(initializer|regularizer|constraint))$/;

/** TensorFlow.js makes the backward layer of the forward one. */
function differsFromForward(value: unknown, config: JsonObject): boolean {
  const forward = config['layer'];
  if (!isJsonObject(value) || !isJsonObject(forward)) return false;
  if (value['class_name'] !== forward['class_name']) return true;
  const [ours, theirs] = [forward['config'], value['config']];
  if (!isJsonObject(ours) || !isJsonObject(theirs)) return false;
  return Object.keys(theirs).some(
    (key) => !OWN_OPTIONS.test(key) && JSON.stringify(ours[key]) !== JSON.stringify(theirs[key]),
  );
}
