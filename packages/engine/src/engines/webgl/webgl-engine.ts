import * as tf from '@tensorflow/tfjs-core';

import type { EngineCandidate } from '../engine-candidate';
import { quietCpuBackend } from '../quiet-cpu-backend';

import { registerWebglKernels } from './register-webgl-kernels';

const REMEDY = 'Run in a browser with WebGL 2 on a graphics card.';

const INSTALL_BACKEND = 'Install it with `npm install @tensorflow/tfjs-backend-webgl`.';

/** TensorFlow.js' WebGL backend; a browser that draws in software is passed over, since wasm is faster there. */
export const webglEngine: EngineCandidate = {
  name: 'webgl',
  async start({ isNamed }) {
    if (!tf.env().getBool('IS_BROWSER'))
      return { absentBecause: 'no WebGL outside a browser', remedy: REMEDY };
    quietCpuBackend();
    if (!(await importBackend())) {
      return { absentBecause: '@tensorflow/tfjs-backend-webgl is not installed', remedy: INSTALL_BACKEND };
    }
    const previous = tf.getBackend() as string | undefined;
    const started = await tf.setBackend('webgl');
    const renderer = started ? rendererName() : '';
    if (started && (isNamed || !isSoftware(renderer))) {
      registerWebglKernels();
      return { description: `WebGL on ${renderer}`, threads: undefined, dispose: () => Promise.resolve() };
    }
    if (previous !== undefined && previous !== '') await tf.setBackend(previous);
    return {
      absentBecause: started ? `WebGL draws in software here (${renderer})` : 'no WebGL in this browser',
      remedy: REMEDY,
    };
  },
};

/** Registers the backend. It is an optional dependency, which an install for Node.js alone may leave out. */
async function importBackend(): Promise<boolean> {
  try {
    await import('@tensorflow/tfjs-backend-webgl');
    return true;
  } catch {
    return false;
  }
}

/** What of WebGL is needed to ask for the renderer's name; the DOM's types are not part of this package's library. */
interface WebGlContext {
  readonly RENDERER: number;
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
  getParameter(name: number): unknown;
}

function rendererName(): string {
  const context = (tf.backend() as unknown as { gpgpu?: { gl?: WebGlContext } }).gpgpu?.gl;
  if (context === undefined) return 'an unknown renderer';
  const unmasked = context.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  return String(context.getParameter(unmasked ?? context.RENDERER));
}

function isSoftware(renderer: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}
