// Packages that read this source need the declaration too, and an ambient one has no module to import.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="../../optional-peers.d.ts" />

import * as tf from '@tensorflow/tfjs-core';

import type { EngineAbsence, EngineRequest, StartedEngine } from '../engine-candidate';
import { quietCpuBackend } from '../quiet-cpu-backend';

import { borrowGlobals } from './dawn';
import { adapterInfo, findAdapter, type FoundAdapter } from './find-adapter';
import { takeKeptPlans } from './kept-plans';
import { registerWebgpuKernels, unregisterWebgpuKernels } from './register-webgpu-kernels';
import { runningContext, runningEngine, setRunningEngine } from './running-engine';
import { startDevice } from './start-device';
import type { StockBackend, StockBackendModule } from './stock-backend';
import { createWebgpuContext, type WebgpuContext } from './webgpu-context';

const INSTALL_BACKEND = 'Install it with `npm install @tensorflow/tfjs-backend-webgpu`.';

/** Starts TensorFlow.js' WebGPU backend, an optional peer, with the zoo's command stream and kernels. */
export async function startWebgpu(request: EngineRequest): Promise<StartedEngine | EngineAbsence> {
  const { isNamed, card, precision } = request;
  const running = runningEngine();
  if (running !== undefined) {
    await tf.setBackend('webgpu');
    running.context.products.precision = request.precision;
    return running.engine;
  }
  const found = await findAdapter({ card, precision, allowsSoftware: isNamed });
  if ('absentBecause' in found) return found;
  const outcome = await startOn(found, request).catch((error: unknown) => {
    found.release();
    throw error;
  });
  if ('absentBecause' in outcome) found.release();
  return outcome;
}

async function startOn(
  found: FoundAdapter,
  { memoryLimitBytes, precision }: EngineRequest,
): Promise<StartedEngine | EngineAbsence> {
  const stock = await importBackend();
  if (stock === undefined) {
    return { absentBecause: '@tensorflow/tfjs-backend-webgpu is not installed', remedy: INSTALL_BACKEND };
  }
  quietCpuBackend();
  const stockFactory = tf.findBackendFactory('webgpu') as (() => tf.KernelBackend) | null | undefined;
  const backend = applicationsBackend() ?? (await newBackend(stock, found));
  const context = createWebgpuContext(backend, memoryLimitBytes);
  if (precision === 'float16' && !context.hasFloat16) {
    return {
      absentBecause: `the card has no 16-bit floats (${found.description}, without shader-f16)`,
      remedy: "Leave `precision` at 'float32'.",
    };
  }
  context.products.precision = precision;
  takeKeptPlans(context.products.tiles, found.description);
  if (applicationsBackend() === undefined) registerBackend(backend);
  await tf.setBackend('webgpu');
  registerWebgpuKernels(context);
  const engine: StartedEngine = {
    description: `WebGPU on ${found.description}${others(found)}`,
    threads: undefined,
    async dispose() {
      if (runningContext() !== context) return;
      setRunningEngine(undefined);
      await stopDevice(context);
      unregisterWebgpuKernels();
      tf.removeBackend('webgpu');
      if (stockFactory != null) tf.registerBackend('webgpu', stockFactory, 3);
      found.release();
    },
  };
  setRunningEngine({ engine, context, card: found.description });
  return engine;
}

/** Lets the card finish what it was given, and gives it back. */
async function stopDevice({ device, stream }: WebgpuContext): Promise<void> {
  stream.submit();
  // Both come as promises, which reject or never settle if the card is lost already.
  await Promise.race([device.queue.onSubmittedWorkDone(), device.lost]).catch(() => undefined);
  device.destroy();
  await device.lost;
}

/** The WebGPU backend that the application has started itself: its tensors live there. */
function applicationsBackend(): StockBackend | undefined {
  return (tf.engine().registry as Record<string, tf.KernelBackend | undefined>)['webgpu'] as
    StockBackend | undefined;
}

async function newBackend(stock: StockBackendModule, { adapter, gpu }: FoundAdapter): Promise<StockBackend> {
  const device = await startDevice(adapter);
  const restore = withNavigatorGpu(gpu);
  try {
    return new stock.WebGPUBackend(device, adapterInfo(adapter)) as StockBackend;
  } finally {
    restore();
  }
}

function others({ others: names }: FoundAdapter): string {
  return names.length === 0 ? '' : `, not on ${names.join(' or ')}`;
}

/** Registers the backend in the place of TensorFlow.js' own way to start one. */
function registerBackend(backend: StockBackend): void {
  // TensorFlow.js warns of a backend that is registered twice.
  if ((tf.findBackendFactory('webgpu') as unknown) != null) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend, 3);
}

/** The backend's constructor refuses to run where `navigator.gpu` is absent, as in Node.js. */
function withNavigatorGpu(gpu: GPU): () => void {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  return navigator?.gpu === undefined ? borrowGlobals({ navigator: { gpu } }) : () => undefined;
}

/**
 * Imports the backend. Vite and esbuild resolve the import where the peer is installed and make it fail at run time where not;
 * webpack would refuse to build, so it is told to leave the import alone.
 */
async function importBackend(): Promise<StockBackendModule | undefined> {
  try {
    const module: unknown = await import(/* webpackIgnore: true */ '@tensorflow/tfjs-backend-webgpu');
    const { WebGPUBackend, default: whole } = module as Partial<StockBackendModule> & {
      default?: StockBackendModule;
    };
    return WebGPUBackend === undefined ? whole : { WebGPUBackend };
  } catch {
    return undefined;
  }
}
