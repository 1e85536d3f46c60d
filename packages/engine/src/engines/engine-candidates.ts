import { cpuEngine } from './cpu-engine';
import type { EngineCandidate } from './engine-candidate';
import { tfjsNodeEngine, tfjsNodeGpuEngine } from './tfjs-node-engines';
import { wasmEngine } from './wasm-engine';
import { webglEngine } from './webgl-engine';
import { webgpuEngine } from './webgpu/webgpu-engine';

/** Every engine, the best first. */
export const ENGINE_CANDIDATES: readonly EngineCandidate[] = [
  tfjsNodeGpuEngine,
  webgpuEngine,
  tfjsNodeEngine,
  webglEngine,
  wasmEngine,
  cpuEngine,
];
