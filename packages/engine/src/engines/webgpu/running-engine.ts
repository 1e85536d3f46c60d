import type { StartedEngine } from '../engine-candidate';

import type { WebgpuContext } from './webgpu-context';

/** The webgpu engine while it runs; there is one in a process. */
export interface RunningEngine {
  readonly engine: StartedEngine;
  readonly context: WebgpuContext;
  /** The card with its driver, as `selectEngine` describes it. */
  readonly card: string;
}

let running: RunningEngine | undefined;

export function runningEngine(): RunningEngine | undefined {
  return running;
}

/** What the running engine's kernels work in; undefined where webgpu is not running. */
export function runningContext(): WebgpuContext | undefined {
  return running?.context;
}

/** Notes which engine runs, or that none does any more. */
export function setRunningEngine(engine: RunningEngine | undefined): void {
  running = engine;
}
