import * as tf from '@tensorflow/tfjs-core';

/**
 * What `differentiate`, a call of `tf.grad` or its like, returns; where it throws, frees what tfjs's tape has kept for the run backward, which
 * tfjs itself forgets: an engine that is out of memory has it again then.
 */
export function freeingTape<Result>(differentiate: () => Result): Result {
  const { state } = tf.engine();
  try {
    return differentiate();
  } catch (error) {
    // Within another derivative the tape is that one's.
    if (state.gradientDepth === 0) {
      // Null before the first derivative, whatever its type says.
      const tape = state.activeTape as typeof state.activeTape | null;
      for (const { saved } of tape ?? []) tf.dispose(saved ?? []);
      state.activeTape = [];
    }
    throw error;
  }
}
