import type { EngineAbsence, EngineCandidate, EngineRequest, StartedEngine } from '../engine-candidate';
import { nodeBuiltins, type NodeBuiltins } from '../node-builtins';
import { quietCpuBackend } from '../quiet-cpu-backend';

import { findBinding } from './find-binding';
import { loadedTensorFlow, loadTensorFlow } from './load-tensorflow';
import { registerTensorFlowKernels } from './register-tensorflow-kernels';
import type { TensorFlowBackend } from './tensorflow-backend';

const BUILD = 'or build it for a current TensorFlow with `npx zoo native`';
const REMEDIES = {
  'tfjs-node': `Install it with \`npm install @tensorflow/tfjs-node\`, ${BUILD}.`,
  'tfjs-node-gpu': `Install it with \`npm install @tensorflow/tfjs-node-gpu\` (CUDA 11.2), ${BUILD} (CUDA 12).`,
};

/** libtensorflow on an NVIDIA graphics card. */
export const tensorflowGpuEngine: EngineCandidate = {
  name: 'tfjs-node-gpu',
  start: async (request) => startTensorFlow('tfjs-node-gpu', request),
};

/** libtensorflow on the processor. */
export const tensorflowEngine: EngineCandidate = {
  name: 'tfjs-node',
  start: async (request) => startTensorFlow('tfjs-node', request),
};

async function startTensorFlow(
  name: 'tfjs-node' | 'tfjs-node-gpu',
  request: EngineRequest,
): Promise<StartedEngine | EngineAbsence> {
  const wantsGpu = name === 'tfjs-node-gpu';
  const absent = (absentBecause: string): EngineAbsence => ({ absentBecause, remedy: REMEDIES[name] });
  const builtins = nodeBuiltins();
  if (builtins === undefined) return absent('needs Node.js');
  if (!builtins.workerThreads.isMainThread) return absent('libtensorflow crashes in worker threads');
  const loaded = loadedTensorFlow();
  if (loaded !== undefined && wantsGpu && !loaded.isUsingGpuDevice) {
    return absent('the libtensorflow that this process has loaded uses no graphics card');
  }
  if (wantsGpu && loaded === undefined && !hasNvidiaDevice(builtins)) {
    return absent('no NVIDIA graphics card here');
  }
  const found = findBinding(builtins, `@tensorflow/${name}`);
  if (loaded === undefined && 'absentBecause' in found) return absent(found.absentBecause);
  const origin = 'absentBecause' in found ? 'loaded by the application' : found.origin;
  quietCpuBackend();
  const backend = await loadTensorFlow(
    builtins,
    found as { directory: string; origin: string },
    request.threads,
  );
  if (wantsGpu && !backend.isUsingGpuDevice) {
    return absent('libtensorflow found no graphics card that it can use');
  }
  registerTensorFlowKernels();
  return startedEngine(builtins, backend, origin, request);
}

function startedEngine(
  { operatingSystem }: NodeBuiltins,
  { binding, isUsingGpuDevice }: TensorFlowBackend,
  origin: string,
  { threads }: EngineRequest,
): StartedEngine {
  return {
    description: `libtensorflow ${binding.TF_Version}, ${origin}`,
    threads: isUsingGpuDevice ? undefined : (threads ?? operatingSystem.availableParallelism()),
    // Its threads are daemons: they do not keep the process alive.
    dispose: () => Promise.resolve(),
  };
}

/** False only where it is certain: loading a CUDA build without a card takes seconds and prints errors. */
function hasNvidiaDevice({ fileSystem }: NodeBuiltins): boolean {
  if (process.platform === 'darwin') return false;
  if (process.platform !== 'linux') return true;
  return ['/dev/nvidia0', '/dev/nvidiactl', '/dev/dxg', '/proc/driver/nvidia'].some((path) =>
    fileSystem.existsSync(path),
  );
}
