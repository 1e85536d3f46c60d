import type * as tf from '@tensorflow/tfjs-core';

/** One operation of a plan. Tensors go by the number that TensorFlow.js has given their symbols. */
export interface PredictionStep {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Computes the outputs; leaves the inputs to the plan, but for one that it is told to use up. */
  run(inputs: readonly tf.Tensor[], isLastUse: readonly boolean[]): readonly tf.Tensor[];
}
