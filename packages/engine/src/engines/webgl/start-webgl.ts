import * as tf from '@tensorflow/tfjs-core';

import type { EngineAbsence, EngineRequest, StartedEngine } from '../engine-candidate';

import { registerWebglKernels } from './register-webgl-kernels';

/** Starts TensorFlow.js' WebGL backend, which is registered; a browser that draws in software is passed over, since wasm is faster there. */
export async function startWebgl({
  isNamed,
}: EngineRequest): Promise<StartedEngine | Omit<EngineAbsence, 'remedy'>> {
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
  };
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
