import { selectEngine, type SelectEngineOptions } from '@zoo/engine';

import type { EngineChoice, RunningEngine } from './compute-types';

const OPTIONS: Readonly<Record<EngineChoice, SelectEngineOptions>> = {
  auto: {},
  webgpu: { prefer: 'webgpu' },
  webgl: { prefer: 'webgl' },
  'wasm-threads': { prefer: 'wasm' },
  wasm: { prefer: 'wasm', threads: 1 },
};

/** Starts what the visitor chose; a worker starts one engine in its life. */
export async function startEngine(choice: EngineChoice, purpose: 'train' | 'infer'): Promise<RunningEngine> {
  const { name, threads, reason } = await selectEngine({
    purpose,
    ...OPTIONS[choice],
  });
  return { name, threads, reason };
}
