import * as tf from '@tensorflow/tfjs-core';

/**
 * Spares the user TensorFlow.js' advertisement for tfjs-node, printed at the cpu backend's first tensor in Node.js.
 *
 * The backend remembers in a private field whether it has said it; there is no public switch that changes nothing else.
 */
export function quietCpuBackend(): void {
  const backend: unknown = tf.findBackend('cpu');
  if (typeof backend === 'object' && backend !== null && 'firstUse' in backend) backend.firstUse = false;
}
