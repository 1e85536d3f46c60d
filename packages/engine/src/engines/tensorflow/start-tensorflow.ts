import type { EngineAbsence, EngineRequest, StartedEngine } from '../engine-candidate';
import { nodeBuiltins, type NodeBuiltins } from '../node-builtins';
import { quietCpuBackend } from '../quiet-cpu-backend';

import { findBinding } from './find-binding';
import { loadedTensorFlow, loadTensorFlow } from './load-tensorflow';
import { registerTensorFlowKernels } from './register-tensorflow-kernels';
import type { TensorFlowBackend } from './tensorflow-backend';
import { chooseVisibleCard } from './visible-card';

const BUILD = 'or build it for a current TensorFlow with `npx zoo native`';
/** What npm calls the packages that bind TensorFlow's C library, and how to get each engine. */
const PACKAGES = {
  tensorflow: {
    packageName: '@tensorflow/tfjs-node',
    remedy: `Install it with \`npm install @tensorflow/tfjs-node\`, ${BUILD}.`,
  },
  'tensorflow-gpu': {
    packageName: '@tensorflow/tfjs-node-gpu',
    remedy: `Install it with \`npm install @tensorflow/tfjs-node-gpu\` (CUDA 11.2), ${BUILD} (CUDA 12).`,
  },
} as const;

/** Starts the engine of this name, where its package or a build of `zoo native` is. */
export async function startTensorFlow(
  name: keyof typeof PACKAGES,
  request: EngineRequest,
): Promise<StartedEngine | EngineAbsence> {
  const wantsGpu = name === 'tensorflow-gpu';
  const { packageName, remedy } = PACKAGES[name];
  const absent = (absentBecause: string): EngineAbsence => ({ absentBecause, remedy });
  const builtins = nodeBuiltins();
  if (builtins === undefined) return absent('needs Node.js');
  if (!builtins.workerThreads.isMainThread) return absent('TensorFlow crashes in worker threads');
  const loaded = loadedTensorFlow();
  if (loaded !== undefined && wantsGpu && !loaded.isUsingGpuDevice) {
    return absent('the TensorFlow that this process has loaded uses no graphics card');
  }
  if (wantsGpu && loaded === undefined && !hasNvidiaDevice(builtins)) {
    return absent('no NVIDIA graphics card here');
  }
  const found = findBinding(builtins, packageName);
  if (loaded === undefined && 'absentBecause' in found) return absent(found.absentBecause);
  const missing = wantsGpu && loaded === undefined ? chooseVisibleCard(request.card, process.env) : undefined;
  if (missing !== undefined) return missing;
  const origin = 'absentBecause' in found ? 'loaded by the application' : found.origin;
  quietCpuBackend();
  const backend = await loadTensorFlow(
    builtins,
    found as { directory: string; origin: string },
    request.threads,
  );
  if (wantsGpu && !backend.isUsingGpuDevice) {
    return absent('TensorFlow found no graphics card that it can use');
  }
  registerTensorFlowKernels(backend);
  return startedEngine(builtins, backend, origin, request);
}

function startedEngine(
  { operatingSystem }: NodeBuiltins,
  { binding, isUsingGpuDevice }: TensorFlowBackend,
  origin: string,
  { threads }: EngineRequest,
): StartedEngine {
  return {
    description: `TensorFlow ${binding.TF_Version}, ${origin}`,
    threads: isUsingGpuDevice ? undefined : (threads ?? operatingSystem.availableParallelism()),
    // Its threads do not keep the process alive.
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
