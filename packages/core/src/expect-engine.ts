import * as tf from '@tensorflow/tfjs-core';

import { ZooError } from './errors';

/**
 * Throws ZooError 'engine-unavailable' unless TensorFlow.js has started a backend: without one no tensor can be made.
 *
 * Called before a program's first tensor is made, because TensorFlow.js' own error does not say what to do.
 */
export function expectEngine(): void {
  try {
    tf.backend();
  } catch (cause) {
    throw new ZooError(
      'engine-unavailable',
      "Expected a started engine but there is none. First call `await selectEngine()` of '@zoo/engine'.",
      { cause },
    );
  }
}
