// Packages that read this source need the declaration too, and an ambient one has no module to import.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="../optional-peers.d.ts" />

import * as tf from '@tensorflow/tfjs';

import { mendMatrixProducts } from '../kernels/broadcast-batches';
import { registerGradients } from '../kernels/register-gradients';

import type { EngineCandidate } from './engine-candidate';
import { quietCpuBackend } from './quiet-cpu-backend';

const REMEDY =
  'Install it with `npm install @tensorflow/tfjs-backend-webgpu` and run in a browser that has WebGPU.';

/** What of WebGPU is needed to ask for an adapter. */
interface Gpu {
  requestAdapter(): Promise<{ isFallbackAdapter?: boolean; info?: { isFallbackAdapter?: boolean } } | null>;
}

/** TensorFlow.js' WebGPU backend, an optional peer; an adapter that computes in software is passed over. */
export const webgpuEngine: EngineCandidate = {
  name: 'webgpu',
  async start({ isNamed }) {
    const gpu = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
    if (gpu === undefined) return { absentBecause: 'no WebGPU here', remedy: REMEDY };
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return { absentBecause: 'WebGPU found no graphics card', remedy: REMEDY };
    if (!isNamed && (adapter.isFallbackAdapter ?? adapter.info?.isFallbackAdapter) === true) {
      return { absentBecause: 'WebGPU computes in software here', remedy: REMEDY };
    }
    if (!(await importWebgpu())) {
      return { absentBecause: '@tensorflow/tfjs-backend-webgpu is not installed', remedy: REMEDY };
    }
    quietCpuBackend();
    registerGradients();
    mendMatrixProducts('webgpu');
    if (!(await tf.setBackend('webgpu'))) return { absentBecause: 'WebGPU failed to start', remedy: REMEDY };
    return { description: 'WebGPU', threads: undefined, dispose: () => Promise.resolve() };
  },
};

/**
 * Imports the backend unless the application has. Vite and esbuild resolve the import where the peer is installed and make
 * it fail at run time where not; webpack would refuse to build, so it is told to leave the import alone.
 */
async function importWebgpu(): Promise<boolean> {
  if ((tf.findBackendFactory('webgpu') as unknown) !== null) return true;
  try {
    await import(/* webpackIgnore: true */ '@tensorflow/tfjs-backend-webgpu');
  } catch {
    return false;
  }
  return (tf.findBackendFactory('webgpu') as unknown) !== null;
}
