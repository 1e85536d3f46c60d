import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import { selectEngine, type SelectEngineOptions } from '@zoo/engine';

import type { EngineChoice, RunningEngine } from './compute-types';

const WASM_LOCATION = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};

const OPTIONS: Readonly<Record<EngineChoice, SelectEngineOptions>> = {
  auto: {},
  webgpu: { prefer: 'webgpu' },
  webgl: { prefer: 'webgl' },
  'wasm-threads': { prefer: 'wasm' },
  wasm: { prefer: 'wasm', threads: 1 },
};

/** Starts what the visitor chose; a worker starts one engine in its life. */
export async function startEngine(choice: EngineChoice): Promise<RunningEngine> {
  const { name, threads, reason } = await selectEngine({
    purpose: 'train',
    wasmLocation: WASM_LOCATION,
    ...OPTIONS[choice],
  });
  return { name, threads, reason };
}
