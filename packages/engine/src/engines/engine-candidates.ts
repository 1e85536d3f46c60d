import { cpuEngine } from './cpu/cpu-engine';
import type { EngineCandidate } from './engine-candidate';
import { tensorflowEngine, tensorflowGpuEngine } from './tensorflow/tensorflow-engines';
import { wasmEngine } from './wasm/wasm-engine';
import { webglEngine } from './webgl/webgl-engine';
import { webgpuEngine } from './webgpu/webgpu-engine';

/** Every engine, the best first. */
export const ENGINE_CANDIDATES: readonly EngineCandidate[] = [
  tensorflowGpuEngine,
  webgpuEngine,
  tensorflowEngine,
  webglEngine,
  wasmEngine,
  cpuEngine,
];
