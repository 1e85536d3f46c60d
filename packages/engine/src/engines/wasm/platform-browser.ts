import { ZooError } from '@zoo/core';

import type { WasmPlatform } from './platform';

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
    const { url, response } = await request(name, location);
    const binary = new Uint8Array(await response.arrayBuffer());
    if (!isWebAssembly(binary)) throw missing(name, url, 'another file, a page perhaps');
    return binary;
  },
  async expectBinary(name, location) {
    const { url, response } = await request(name, location);
    const reader = response.body?.getReader();
    const start = (await reader?.read())?.value ?? new Uint8Array();
    await reader?.cancel();
    if (!isWebAssembly(start)) throw missing(name, url, 'another file, a page perhaps');
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

async function request(
  ...[name, location]: Parameters<WasmPlatform['loadBinary']>
): Promise<{ url: string; response: Response }> {
  const url = addressOf(name, location);
  const response = await fetch(url, { credentials: 'same-origin' }).catch((error: unknown) => {
    throw missing(name, url, `nothing (${String(error)})`);
  });
  if (!response.ok) throw missing(name, url, `${response.status} ${response.statusText}`.trim());
  return { url, response };
}

/** A server may answer with its start page where a file is missing. */
function isWebAssembly(bytes: Uint8Array): boolean {
  return [0x00, 0x61, 0x73, 0x6d].every((value, index) => bytes[index] === value);
}

function missing(name: string, url: string, answer: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${name} at ${new URL(url, globalThis.location.href).href} but the server answered with ${answer}. ` +
      'Copy the three .wasm files of node_modules/@tensorflow/tfjs-backend-wasm/dist beside the page, or tell where the bundler puts them: ' +
      `selectEngine({ wasmLocation: { '${name}': url, ... } }) with, in Vite, ` +
      `import url from '@tensorflow/tfjs-backend-wasm/dist/${name}?url'. ` +
      "selectEngine({ prefer: 'cpu' }) goes on without, hundreds of times slower.",
  );
}

function addressOf(...[name, location]: Parameters<WasmPlatform['loadBinary']>): string {
  if (location === undefined) return name;
  if (typeof location === 'object') return location[name];
  return new URL(name, new URL(location, globalThis.location.href)).href;
}

/** Browsers share memory on pages isolated by the COOP and COEP headers only. */
function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated;
}
