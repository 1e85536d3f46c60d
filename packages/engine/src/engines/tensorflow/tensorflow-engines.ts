import { startTensorFlow } from '#tensorflow';

import type { EngineCandidate } from '../engine-candidate';

/** TensorFlow's C library on an NVIDIA graphics card. */
export const tensorflowGpuEngine: EngineCandidate = {
  name: 'tensorflow-gpu',
  start: async (request) => startTensorFlow('tensorflow-gpu', request),
};

/** TensorFlow's C library on the processor. */
export const tensorflowEngine: EngineCandidate = {
  name: 'tensorflow',
  start: async (request) => startTensorFlow('tensorflow', request),
};
