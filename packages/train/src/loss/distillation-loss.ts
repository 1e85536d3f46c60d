import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '@zoo/core';

import type { LogitsFunction } from '../logits';

/** What a run learns from beside its labels. */
export interface Distillation {
  /** The teacher's. */
  readonly logits: LogitsFunction;
  readonly temperature: number;
  readonly share: number;
}

/**
 * `(1 - share) * loss + share * temperature^2 * KL(teacher || student)` of each example, both softened by the temperature: Hinton et al.,
 * "Distilling the Knowledge in a Neural Network", section 2.
 *
 * @param teacher The teacher's logits; no gradient flows into them. [size, classes]
 * @returns [size]
 */
export function distilledLoss(
  losses: tf.Tensor1D,
  logits: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { temperature, share }: Omit<Distillation, 'logits'>,
): tf.Tensor1D {
  return tf.tidy(() => {
    const softened = tf.div<tf.Tensor2D>(teacher, temperature);
    const targets = tf.softmax(softened);
    const entropies = tf.sum(tf.mul(targets, tf.logSoftmax(softened)), 1);
    const divergences = tf.add(softmaxCrossEntropy(tf.div(logits, temperature), targets), entropies);
    return tf.add<tf.Tensor1D>(tf.mul(losses, 1 - share), tf.mul(divergences, share * temperature ** 2));
  });
}
