import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {
  glorotUniform,
  modelMetadata,
  type ModelMetadata,
  type PixelNormalization,
  updateModelMetadata,
  ZooError,
} from '@zoo/core';
import { type OptionsOf, type OptionTable, readOptions } from '@zoo/core/options';
import { modelWeights } from '@zoo/weights';

import { type ResNetOptions, RESNET_OPTIONS } from '../builder/options';

import type { Family } from './family';
import { expectSettled } from './identity';
import { identityOfModel } from './identity-in-family';

const ADAPT_NETWORK_OPTIONS = {
  /** Channels of the input: 1 for grey pictures, 4 with near infrared. Default: the model's. */
  channels: { type: 'integer', minimum: 1 },
  /** Classes. Default: the model's. */
  classes: { type: 'integer', minimum: 1 },
  /** A non-negative integer; the same seed draws the same new classifier. Default: another at each call. */
  seed: RESNET_OPTIONS.seed,
} as const satisfies OptionTable;

/** Options of `adaptNetwork`. */
export interface AdaptNetworkOptions extends OptionsOf<typeof ADAPT_NETWORK_OPTIONS> {}

/** `adaptNetwork`, with what a builder was told that a built network does not tell: `dropRate` and the like. */
export function adaptedCopy(
  family: Family,
  model: tfl.LayersModel,
  options: AdaptNetworkOptions,
  built: ResNetOptions,
): tfl.LayersModel {
  const { channels, classes, seed } = readOptions(ADAPT_NETWORK_OPTIONS, options);
  const identity = identityOfModel(family, model);
  expectSettled(identity, {});
  const [, height = null, width = null] = model.inputs[0]!.shape;
  const wanted = { channels: channels ?? identity.channels, classes: classes ?? identity.classes };
  const top = model.layers.find(({ name }) => name === 'predictions')?.getConfig()['activation'];
  const pool = model.layers.find(({ name }) => /^(avg|max)_pool$/.test(name))?.name.slice(0, 3);
  const copy = family.build(identity.architecture, {
    ...identity.options,
    ...(top !== undefined && { classifierActivation: top as 'softmax' }),
    ...(wanted.classes === undefined
      ? { includeTop: false, ...(pool !== undefined && { pooling: pool as 'avg' }) }
      : { classes: wanted.classes }),
    ...built,
    inputShape: [height, width, wanted.channels],
    kernelInitializer: 'zeros',
  });
  try {
    copyWeights(model, copy, seed);
    updateModelMetadata(copy, adaptedMetadata(model, wanted.channels, wanted.classes !== identity.classes));
    return copy;
  } catch (error) {
    copy.dispose();
    throw error;
  }
}

/** What {@link adapted} takes of a builder's options: all that the network itself does not tell. */
const UNTOLD = ['dropRate', 'stochasticDepth', 'name'] as const;

/** `model` or, where the caller wants it so, its adapted copy in its place. */
export function adapted(
  family: Family,
  model: tfl.LayersModel,
  adapt: AdaptNetworkOptions | undefined,
  given: Pick<ResNetOptions, (typeof UNTOLD)[number]>,
): tfl.LayersModel {
  if (adapt === undefined) return model;
  try {
    const untold = UNTOLD.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]);
    return adaptedCopy(family, model, adapt, Object.fromEntries(untold) as ResNetOptions);
  } finally {
    model.dispose();
  }
}

function copyWeights(source: tfl.LayersModel, target: tfl.LayersModel, seed: number | undefined): void {
  const found = new Map(modelWeights(source).map(({ name, variable }) => [name, variable]));
  for (const { name, variable } of modelWeights(target)) {
    const value = found.get(name)?.read();
    const shape = variable.shape as number[];
    tf.tidy(() => {
      if (value !== undefined && String(value.shape) === String(shape)) variable.write(tf.clone(value));
      else if (name === 'predictions/kernel') variable.write(glorotUniform({ seed }).apply(shape));
      else if (/^conv1(_1)?_conv\/kernel$/.test(name) && value !== undefined) {
        variable.write(adaptInput(value as tf.Tensor4D, shape[2]!));
      } else if (name !== 'predictions/bias') throw unadaptable(name);
    });
  }
}

/** timm's `adapt_input_conv`, of a kernel [height, width, inputs, outputs]. */
function adaptInput(kernel: tf.Tensor4D, channels: number): tf.Tensor {
  const [height, width, inputs, outputs] = kernel.shape;
  if (channels === 1) return tf.sum(kernel, 2, true);
  if (inputs !== 3) {
    throw new ZooError(
      'unsupported',
      `Expected a network that reads 3 channels, to adapt it to ${channels}, but it reads ${inputs}. Start from weights for 3.`,
    );
  }
  const repeated = tf.tile(kernel, [1, 1, Math.ceil(channels / 3), 1]);
  return tf.mul(tf.slice(repeated, [0, 0, 0, 0], [height, width, channels, outputs]), 3 / channels);
}

function unadaptable(name: string): ZooError {
  return new ZooError(
    'unsupported',
    `Expected a network whose first convolution alone depends on its input's channels but ${name} does, too. Train it from random weights.`,
  );
}

/** What holds of the copy; names of classes are only those of the same classes. */
function adaptedMetadata(source: tfl.LayersModel, channels: number, isOtherHead: boolean): ModelMetadata {
  const { classNames, preprocessing } = modelMetadata(source) ?? {};
  const { normalization } = preprocessing ?? {};
  const isGrey = channels === 1 && preprocessing !== undefined;
  return {
    ...(!isOtherHead && classNames && { classNames }),
    ...(preprocessing && {
      preprocessing: {
        ...preprocessing,
        ...(isGrey && { colorMode: 'grayscale' }),
        ...(isGrey && normalization && { normalization: greyNormalization(normalization) }),
      },
    }),
  };
}

function greyNormalization({ divisor, mean, standardDeviation }: PixelNormalization): PixelNormalization {
  const average = ([first, second, third]: readonly [number, number, number]) => {
    const value = (first + second + third) / 3;
    return [value, value, value] as const;
  };
  return { channelOrder: 'rgb', divisor, mean: average(mean), standardDeviation: average(standardDeviation) };
}
