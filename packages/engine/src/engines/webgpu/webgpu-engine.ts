import type { EngineCandidate } from '../engine-candidate';
import { nodeBuiltins } from '../node-builtins';

/** A graphics card through WebGPU; loaded where there may be one. */
export const webgpuEngine: EngineCandidate = {
  name: 'webgpu',
  async start(request) {
    const { gpu } = (globalThis as { navigator?: { gpu?: unknown } }).navigator ?? {};
    if (gpu === undefined && nodeBuiltins() === undefined) {
      return {
        absentBecause: 'no WebGPU here',
        remedy: 'Run in a browser that has WebGPU, on a machine with a graphics card.',
      };
    }
    const { startWebgpu } = await import('./start-webgpu');
    return startWebgpu(request);
  },
};
