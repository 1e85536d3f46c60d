import * as tf from '@tensorflow/tfjs-core';

import { ArgumentError } from '../errors';

/** Means over each picture's pixels and over the channels of a group. [N, H, W, C] to [N, 1, 1, C], the same within a group */
export function groupMean(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [batch, , , channels] = x.shape;
  const ofChannels = tf.mean(x, [1, 2]);
  const ofGroups = tf.mean(tf.reshape(ofChannels, [batch, groups, channels / groups]), 2, true);
  return tf.reshape(tf.tile(ofGroups, [1, 1, channels / groups]), [batch, 1, 1, channels]);
}

/** Refuses groups that do not divide the channels. */
export function expectGroups(groups: number, channels: number): void {
  if (Number.isInteger(groups) && groups > 0 && channels % groups === 0) return;
  throw new ArgumentError('groups', `a divisor of the input's ${channels} channels`, groups);
}
