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
    const url = addressOf(name, location);
    const response = await fetch(url, { credentials: 'same-origin' });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    return new Uint8Array(await response.arrayBuffer());
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

function addressOf(...[name, location]: Parameters<WasmPlatform['loadBinary']>): string {
  if (location === undefined) return name;
  if (typeof location === 'object') return location[name];
  return new URL(name, new URL(location, globalThis.location.href)).href;
}

/** Browsers share memory on pages isolated by the COOP and COEP headers only. */
function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated;
}
