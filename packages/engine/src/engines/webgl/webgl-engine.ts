import * as tf from '@tensorflow/tfjs-core';

import type { EngineCandidate } from '../engine-candidate';
import { quietCpuBackend } from '../quiet-cpu-backend';

const NO_BACKEND = {
  absentBecause: '@tensorflow/tfjs-backend-webgl is not installed',
  remedy: 'Install it with `npm install @tensorflow/tfjs-backend-webgl`.',
};
const REMEDY = 'Run in a browser with WebGL 2 on a graphics card.';

/** TensorFlow.js' WebGL backend with right products and gradients; loaded in browsers. */
export const webglEngine: EngineCandidate = {
  name: 'webgl',
  async start(request) {
    if (!tf.env().getBool('IS_BROWSER'))
      return { absentBecause: 'no WebGL outside a browser', remedy: REMEDY };
    quietCpuBackend();
    const { startWebgl } = await import('./start-webgl');
    if (!(await hasBackend())) return NO_BACKEND;
    const outcome = await startWebgl(request);
    return 'absentBecause' in outcome ? { ...outcome, remedy: REMEDY } : outcome;
  },
};

/** Registers the backend. It is an optional dependency, which an install for Node.js alone may leave out. */
async function hasBackend(): Promise<boolean> {
  try {
    await import('@tensorflow/tfjs-backend-webgl');
    return true;
  } catch {
    return false;
  }
}
