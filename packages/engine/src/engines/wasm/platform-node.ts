import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import type { WasmPlatform } from './platform';

// In a function: Bun and Deno have `module` and `exports` in the scope that this source is put into.
const WORKER_SOURCE = `(({ module, memory, jobAddress, scratchAddress }) => {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  instance.exports.workUntilStopped(jobAddress, scratchAddress);
})(require('node:worker_threads').workerData);`;

const ERROR_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** Worker threads and files of Node.js. */
export const platform: WasmPlatform = {
  defaultThreads: () => availableParallelism(),
  canShareMemory: () => true,
  canBlock: () => true,
  hashSources,
  async loadBinary(name, location) {
    if (location === undefined) return readFile(join(backendDirectory(), name));
    if (typeof location === 'object') {
      const file = location[name];
      return readFile(file.startsWith('file:') ? new URL(file) : file);
    }
    return readFile(
      location.startsWith('file:') ? fileURLToPath(new URL(name, location)) : join(location, name),
    );
  },
  startWorker(start) {
    // A thread that only computes needs none of the main thread's loaders and inspectors.
    const worker = new Worker(WORKER_SOURCE, { eval: true, workerData: start, execArgv: [], env: {} });
    worker.unref();
    return {
      async terminate() {
        await worker.terminate();
      },
    };
  },
  withoutListeners(start) {
    const before = ERROR_EVENTS.map((event) => process.rawListeners(event));
    try {
      return start();
    } finally {
      ERROR_EVENTS.forEach((event, index) => {
        for (const listener of process.rawListeners(event)) {
          if (!before[index]!.includes(listener)) process.removeListener(event, listener as () => void);
        }
      });
    }
  },
};

/** As scripts/build-kernels.mjs hashes what it compiles. */
function hashSources(): string | undefined {
  const directory = sourceDirectory();
  if (directory === undefined || !existsSync(directory)) return undefined;
  const sources = readdirSync(directory)
    .sort()
    .map((name) => readFileSync(join(directory, name), 'utf8'));
  return createHash('sha256').update(sources.join()).digest('hex');
}

function sourceDirectory(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@zoo/engine/package.json')), 'assembly');
  } catch {
    // Bundled into an application, the package can't find itself.
    return undefined;
  }
}

function backendDirectory(): string {
  const { resolve } = createRequire(import.meta.url);
  return join(dirname(resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');
}
