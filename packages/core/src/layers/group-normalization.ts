import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { ArgumentError } from '../errors';
import type { Initializer } from '../initializers';
import { memoize } from '../memoize';

import { expectGroups, groupMean, withinGroups } from './group-mean';
import { type LayerSettings, soleInput, soleShape, type ZooLayerClass } from './layer-class';

/** Arguments of {@link groupNormalization}. */
export interface GroupNormalizationArguments {
  name?: string;
  /** Default 32. -1 for one group per channel. */
  groups?: number;
  /** Default 1e-3, Keras'. */
  epsilon?: number;
  /** False for none to multiply by. Default true. */
  scale?: boolean;
  /** False for none to add. Default true. */
  center?: boolean;
  /** Default 'ones'. */
  gammaInitializer?: 'ones' | 'zeros';
}

/**
 * Keras' `GroupNormalization` of pictures, channels last: each picture is normalised by itself, over its pixels and a group of channels
 * (Wu and He 2018). It is the same in training and inference. TensorFlow.js has none.
 *
 * [batch, height, width, channels] to the same.
 *
 * @throws ArgumentError if `groups` do not divide the channels.
 */
export function groupNormalization(args: GroupNormalizationArguments = {}): tfl.layers.Layer {
  return new (groupNormalizationClass())(args as LayerSettings);
}

/** What a loader gives in the place of a name. */
const isInitializer = (value: unknown): value is Initializer =>
  typeof value === 'object' && value !== null && 'apply' in value;

/** @internal */
export const groupNormalizationClass = /* @__PURE__ */ memoize(
  (): ZooLayerClass =>
    class ZooGroupNormalization extends tfl.layers.Layer {
      static className = 'ZooGroupNormalization';
      private readonly settings: { groups: number; epsilon: number; scale: boolean; center: boolean };
      private readonly initializers: readonly [gamma: Initializer, beta: Initializer];
      private gamma: tfl.LayerVariable | undefined;
      private beta: tfl.LayerVariable | undefined;

      constructor(args: LayerSettings) {
        super(args);
        const {
          groups = 32,
          epsilon = 1e-3,
          scale = true,
          center = true,
        } = args as GroupNormalizationArguments;
        this.settings = { groups, epsilon, scale, center };
        const { ones, zeros } = tfl.initializers;
        const { gammaInitializer: first, betaInitializer: second } = args as Record<string, unknown>;
        const gamma = first === 'zeros' ? zeros() : isInitializer(first) ? first : ones();
        this.initializers = [gamma, isInitializer(second) ? second : zeros()];
      }

      override build(inputShape: tfl.Shape | tfl.Shape[]): void {
        const shape = soleShape(inputShape);
        if (shape.length !== 4) throw new ArgumentError('input', 'pictures, channels last,', shape);
        const channels = shape[3]!;
        const { scale, center } = this.settings;
        expectGroups(this.groupsOf(channels), channels);
        const [gamma, beta] = this.initializers;
        const add = (name: string, initializer: Initializer) =>
          this.addWeight(name, [channels], 'float32', initializer);
        if (scale) this.gamma = add('gamma', gamma);
        if (center) this.beta = add('beta', beta);
        super.build(inputShape);
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const x = soleInput(inputs);
          const channels = x.shape[3];
          const gamma = this.gamma?.read() ?? tf.ones([channels]);
          const beta = this.beta?.read() ?? tf.zeros([channels]);
          return normalized(x, gamma, beta, {
            groups: this.groupsOf(channels),
            epsilon: this.settings.epsilon,
          });
        });
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        return soleShape(inputShape);
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), ...this.settings, axis: -1 };
      }

      private groupsOf(channels: number): number {
        const { groups } = this.settings;
        return groups === -1 ? channels : groups;
      }
    },
);

/**
 * Normalised pictures times gamma plus beta, with a gradient of half the passes over memory that those of its operations make together: sums
 * over a picture's pixels first, all else on one number a channel.
 *
 * @param x [N, H, W, C]
 * @param gamma [C]
 * @param beta [C]
 */
function normalized(
  x: tf.Tensor4D,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { groups, epsilon }: { groups: number; epsilon: number },
): tf.Tensor {
  const normalize = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [image, scale, offset, save] = args as [tf.Tensor4D, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub<tf.Tensor4D>(image, groupMean(image, groups));
    const variance = groupMean(tf.square<tf.Tensor4D>(centred), groups);
    const inverse = tf.rsqrt(tf.add<tf.Tensor4D>(variance, epsilon));
    save([centred, inverse, scale]);
    return {
      value: tf.add(tf.mul(centred, tf.mul(inverse, scale)), offset),
      // The tape would keep the intermediate tensors until the whole gradient is done.
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => gradients(dy as tf.Tensor4D, saved, groups)),
    };
  });
  return normalize(x, gamma, beta);
}

/** With respect to the input, gamma and beta: Wu and He 2018, equation 1, differentiated. */
function gradients(dy: tf.Tensor4D, saved: tf.Tensor[], groups: number): tf.Tensor[] {
  const [centred, inverse, gamma] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor];
  const pixels = dy.shape[1] * dy.shape[2];
  // Of each picture and channel: [N, 1, 1, C].
  const sums = tf.sum<tf.Tensor4D>(dy, [1, 2], true);
  const products = tf.mul(tf.sum<tf.Tensor4D>(tf.mul(dy, centred), [1, 2], true), inverse);
  const meanOf = (values: tf.Tensor): tf.Tensor4D =>
    withinGroups(tf.div<tf.Tensor4D>(tf.mul(values, gamma), pixels), groups);
  const along = tf.mul(tf.mul(meanOf(products), inverse), inverse);
  const across = tf.mul(meanOf(sums), inverse);
  const scaled = tf.mul(dy, tf.mul(inverse, gamma));
  const dx = tf.sub(tf.sub(scaled, tf.mul(centred, along)), across);
  return [dx, tf.sum(products, [0, 1, 2]), tf.sum(sums, [0, 1, 2])];
}
