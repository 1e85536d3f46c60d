import * as tf from '@tensorflow/tfjs-core';

import { ZooError } from './errors';

/**
 * Throws ZooError 'engine-unavailable' unless TensorFlow.js has started a backend: without one no tensor can be made.
 *
 * Called where a program's first tensor would be made, because TensorFlow.js' own words name no way out.
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
