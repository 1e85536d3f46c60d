import type { EngineName } from '../engine-name';

import type { WasmLocation } from './wasm/wasm-location';

/** What the caller wants to do; it decides which kernels must be there. */
export type EnginePurpose = 'train' | 'infer';

/** What an engine is asked to be started with. */
export interface EngineRequest {
  readonly purpose: EnginePurpose;
  /** Threads to compute on; undefined leaves the choice to the engine. */
  readonly threads: number | undefined;
  /** Bytes that the engine's tensors may take; undefined is the engine's own end. */
  readonly memoryLimitBytes: number | undefined;
  /** Where tfjs-backend-wasm's .wasm files lie; undefined is the default place. */
  readonly wasmLocation: WasmLocation | undefined;
  /** A part of the graphics card's name, or its number; undefined takes the fastest. */
  readonly card: string | undefined;
  /** What matrix products and convolutions round their operands to, on webgpu. */
  readonly precision: 'float32' | 'float16';
  /** True if the caller named this one engine: then even a slow form of it is wanted. */
  readonly isNamed: boolean;
}

/** An engine that runs: it is TensorFlow.js' current backend and its kernels are registered. */
export interface StartedEngine {
  /** What runs, in a few words, for people: "TensorFlow 2.21.0, built by `zoo native`". */
  readonly description: string;
  /** Threads it computes on, where that is known. */
  readonly threads: number | undefined;
  /** Bytes that tensors may take, where the engine itself sets an end. */
  readonly memoryBytes?: number | undefined;
  /** Stops what keeps the process alive; TensorFlow.js' tensors on this engine are lost where threads are stopped. */
  dispose(): Promise<void>;
}

/** Why an engine does not run here. */
export interface EngineAbsence {
  /** The reason, a clause without a full stop: "no WebGPU in Node.js". */
  readonly absentBecause: string;
  /** How to get it, a sentence. */
  readonly remedy: string;
}

/** One engine, and how to start it. */
export interface EngineCandidate {
  readonly name: EngineName;
  /** Starts the engine, or says why it can't be. An unexpected failure may throw: it counts as an absence. */
  start(request: EngineRequest): Promise<StartedEngine | EngineAbsence>;
}

/** True if the engine did not start. */
export function isAbsence(outcome: StartedEngine | EngineAbsence): outcome is EngineAbsence {
  return 'absentBecause' in outcome;
}

/** The option `threads` of what starts an engine. */
export const THREADS = { type: 'integer', minimum: 1, maximum: 1024 } as const;

/** The option that bounds what tensors take on wasm. */
export const MEMORY_LIMIT_BYTES = { type: 'integer', minimum: 1 } as const;
