import * as tf from '@tensorflow/tfjs-core';

import { ArgumentError } from '../errors';

/** Means over each picture's pixels and over the channels of a group. [N, H, W, C] to [N, 1, 1, C], the same within a group */
export function groupMean(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const mean = tf.customGrad((image: tf.Tensor | tf.GradSaveFunc) => {
    const { shape } = image as tf.Tensor4D;
    return {
      value: withinGroups(tf.mean(image as tf.Tensor4D, [1, 2], true), groups),
      // A mean within groups is its own transpose. tfjs' gradient of a tile is a slice and a sum for each repetition.
      gradFunc: (dy: tf.Tensor) =>
        tf.mul(withinGroups(dy as tf.Tensor4D, groups), tf.fill(shape, 1 / (shape[1] * shape[2]))),
    };
  });
  return mean(x) as tf.Tensor4D;
}

/** Each channel's value replaced by the mean of its group's. [N, 1, 1, C] to the same */
export function withinGroups(values: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [batch, , , channels] = values.shape;
  if (groups === channels) return tf.clone(values);
  const parts = tf.reshape(values, [batch, groups, channels / groups]);
  const means = tf.mul(tf.mean(parts, 2, true), tf.ones([1, 1, channels / groups]));
  return tf.reshape(means, [batch, 1, 1, channels]);
}

/** Refuses groups that do not divide the channels. */
export function expectGroups(groups: number, channels: number): void {
  if (Number.isInteger(groups) && groups > 0 && channels % groups === 0) return;
  throw new ArgumentError('groups', `a divisor of the input's ${channels} channels`, groups);
}
