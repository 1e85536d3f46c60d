import { createRequire } from 'node:module';
import type * as operatingSystem from 'node:os';
import { dirname } from 'node:path';
import type * as threadsModule from 'node:worker_threads';

import * as tf from '@tensorflow/tfjs-core';

const requireHere = createRequire(import.meta.url);
const PACKAGE = '@tensorflow/tfjs-backend-wasm';
const GLUE = `${PACKAGE}/wasm-out/tfjs-backend-wasm-threaded-simd.js`;

/** tfjs's own wasm backend on `threads` threads; in Node.js more than one needs work-arounds (tfjs#3830). */
export async function startStockWasm(threads: number): Promise<void> {
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(requireHere.resolve(`${PACKAGE}/package.json`))}/dist/`);
  if (threads === 1) {
    await tf.setBackend('wasm');
    return;
  }
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  setThreadsCount(threads);
  await withWorkingThreads(threads, () => tf.setBackend('wasm'));
}

/** Calls `start` while workers can be started from the blob: URL that tfjs gives, and tfjs, which takes half the cores, sees twice `threads`. */
async function withWorkingThreads(threads: number, start: () => Promise<unknown>): Promise<void> {
  const workerThreads = requireHere('node:worker_threads') as { Worker: typeof threadsModule.Worker };
  const system = requireHere('node:os') as { cpus: typeof operatingSystem.cpus };
  const { Worker } = workerThreads;
  const { cpus } = system;
  workerThreads.Worker = class extends Worker {
    constructor() {
      super(workerSource(), { eval: true });
    }
  };
  system.cpus = () => Array.from({ length: 2 * threads }, () => cpus()[0]!);
  try {
    await start();
  } finally {
    workerThreads.Worker = Worker;
    system.cpus = cpus;
  }
}

/** tfjs's worker, made to load its glue from the package's file. */
function workerSource(): string {
  const glue = JSON.stringify(requireHere.resolve(GLUE));
  const text = requireHere(`${PACKAGE}/wasm-out/tfjs-backend-wasm-threaded-simd.worker.js`) as {
    wasmWorkerContents: string;
  };
  const contents = text.wasmWorkerContents
    .replace(/\n/g, '\\n')
    .replace(
      'if(typeof e.data.urlOrBlob=="string"){importScripts(e.data.urlOrBlob)}else{',
      `if(true){importScripts(${glue})}else{`,
    );
  return `globalThis.__dirname = ${JSON.stringify(dirname(requireHere.resolve(GLUE)))};
new Function('require', '__filename', ${JSON.stringify(contents)})(require, ${glue});`;
}
