import type { EngineCandidate } from '../engine-candidate';
import { quietCpuBackend } from '../quiet-cpu-backend';

/** TensorFlow.js' wasm backend with the zoo's kernels for training. */
export const wasmEngine: EngineCandidate = {
  name: 'wasm',
  async start({ purpose, threads, memoryLimitBytes, wasmLocation }) {
    quietCpuBackend();
    const { startWasmFor } = await import('./start-wasm');
    const engine = await startWasmFor(purpose, {
      ...(threads !== undefined && { threads }),
      ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
      ...(wasmLocation !== undefined && { wasmLocation }),
    });
    return {
      description: `TensorFlow.js wasm with the zoo's kernels${engine.hasFusedMultiplyAdd ? ', fused multiply-add' : ''}`,
      threads: engine.threads,
      memoryBytes: engine.memoryBytes,
      dispose: () => engine.dispose(),
    };
  },
};
