import { inflateBase64, ZooError } from '@zoo/core';

import type { SimdBinary, WasmPlatform } from './platform';
import type { WasmLocation } from './wasm-location';

/** Scripts that hold the files, for pages that say nothing of where they lie: no bundler has to find an asset. */
const EMBEDDED: Readonly<Record<SimdBinary, () => Promise<{ binary: string }>>> = {
  'tfjs-backend-wasm-simd.wasm': () => import('./generated/tensorflow-wasm-simd'),
  'tfjs-backend-wasm-threaded-simd.wasm': () => import('./generated/tensorflow-wasm-threaded-simd'),
};

const WORKER_SOURCE = `
onmessage = ({ data: { module, memory, jobAddress, scratchAddress } }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.workUntilStopped(jobAddress, scratchAddress);
};
`;

/** Web workers and fetch. */
export const platform: WasmPlatform = {
  defaultThreads: () => (canShareMemory() ? Math.max(1, navigator.hardwareConcurrency) : 1),
  canShareMemory,
  canBlock: () => typeof document === 'undefined',
  hashSources: () => undefined,
  async loadBinary(name, location) {
    if (location === undefined) {
      const { binary } = await EMBEDDED[name]();
      return inflateBase64(binary);
    }
    const url = addressOf(name, location);
    const response = await fetch(url, { credentials: 'same-origin' }).catch((error: unknown) => {
      throw missing(name, url, `nothing (${String(error)})`);
    });
    if (!response.ok) throw missing(name, url, `${response.status} ${response.statusText}`.trim());
    const binary = new Uint8Array(await response.arrayBuffer());
    if (!isWebAssembly(binary)) throw missing(name, url, 'another file, a page perhaps');
    return binary;
  },
  startWorker(start) {
    const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
    const worker = new Worker(url);
    URL.revokeObjectURL(url);
    worker.postMessage(start);
    return {
      terminate() {
        worker.terminate();
        return Promise.resolve();
      },
    };
  },
  withoutListeners: (start) => start(),
};

/** A server may answer with its start page where a file is missing. */
function isWebAssembly(bytes: Uint8Array): boolean {
  return [0x00, 0x61, 0x73, 0x6d].every((value, index) => bytes[index] === value);
}

function missing(name: string, url: string, answer: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${name} at ${new URL(url, globalThis.location.href).href} but the server answered with ${answer}. ` +
      'Copy the .wasm files of node_modules/@tensorflow/tfjs-backend-wasm/dist to that place, ' +
      'or leave `wasmLocation` out: then a script of @zoo/engine brings them.',
  );
}

function addressOf(name: SimdBinary, location: WasmLocation): string {
  if (typeof location === 'object') return location[name];
  return new URL(name, new URL(location, globalThis.location.href)).href;
}

/** Browsers share memory on pages isolated by the COOP and COEP headers only. */
function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated;
}
