import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { ArgumentError } from '../errors';
import type { Initializer } from '../initializers';
import { memoize } from '../memoize';

import { expectGroups, groupMean } from './group-mean';
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
          const groups = this.groupsOf(x.shape[3]);
          const centred = tf.sub<tf.Tensor4D>(x, groupMean(x, groups));
          const variance = groupMean(tf.square<tf.Tensor4D>(centred), groups);
          const inverse = tf.rsqrt(tf.add(variance, this.settings.epsilon));
          const scaled = tf.mul(centred, this.gamma ? tf.mul(inverse, this.gamma.read()) : inverse);
          return this.beta ? tf.add(scaled, this.beta.read()) : scaled;
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
