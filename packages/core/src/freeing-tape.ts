import * as tf from '@tensorflow/tfjs-core';

/**
 * Calls `differentiate`, which calls `tf.grad` or the like, and returns its result.
 *
 * If it throws, frees the tensors that tfjs's tape keeps for the backward pass. tfjs itself never frees them, so a step that ran out of
 * memory would leave less memory to the next one.
 */
export function freeingTape<Result>(differentiate: () => Result): Result {
  const { state } = tf.engine();
  try {
    return differentiate();
  } catch (error) {
    // Inside another derivative the tape belongs to that one.
    if (state.gradientDepth === 0) {
      // Null before the first derivative, although its type excludes null.
      const tape = state.activeTape as typeof state.activeTape | null;
      for (const { saved } of tape ?? []) tf.dispose(saved ?? []);
      state.activeTape = [];
    }
    throw error;
  }
}
