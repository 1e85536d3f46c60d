import * as tf from '@tensorflow/tfjs-core';

import type { EngineCandidate } from '../engine-candidate';
import { quietCpuBackend } from '../quiet-cpu-backend';

/** TensorFlow.js in plain JavaScript: always there, always right, and a thousand times too slow to train a convolution. */
export const cpuEngine: EngineCandidate = {
  name: 'cpu',
  async start() {
    const [{ registerGradients }, { fixMatrixProducts }] = await Promise.all([
      import('../../kernels/register-gradients'),
      import('../../kernels/broadcast-batches'),
      import('@tensorflow/tfjs-backend-cpu'),
    ]);
    quietCpuBackend();
    registerGradients();
    fixMatrixProducts('cpu');
    await tf.setBackend('cpu');
    await tf.ready();
    return {
      description: 'plain JavaScript, right but very slow',
      threads: 1,
      dispose: () => Promise.resolve(),
    };
  },
};
