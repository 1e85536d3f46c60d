import * as tf from '@tensorflow/tfjs';
import * as stock from '@tensorflow/tfjs-backend-webgpu';
import { selectEngine, type SelectedEngine, type SelectEngineOptions } from '@zoo/engine';

/** TensorFlow.js' own backend, with its own kernels, beside the zoo's. */
export const STOCK = 'webgpu-stock';
export const OURS = 'webgpu';

/** Starts the zoo's engine; the kernels that TensorFlow.js registers at its import are first kept under another name. */
export async function startOurs(options: SelectEngineOptions = {}): Promise<SelectedEngine> {
  for (const config of tf.getKernelsForBackend(OURS)) {
    tf.registerKernel({ ...config, backendName: STOCK });
  }
  return selectEngine({ prefer: 'webgpu', ...options });
}

/** Starts TensorFlow.js' own backend on a device of its own, as its package would in a browser. Call after {@link startOurs}. */
export async function startStock(): Promise<void> {
  const name = 'webgpu';
  const { create } = (await import(name)) as { create(options: string[]): GPU };
  const gpu = create([]);
  const adapter = (await gpu.requestAdapter({ powerPreference: 'high-performance' }))!;
  const limits = [
    'maxComputeWorkgroupStorageSize',
    'maxComputeWorkgroupsPerDimension',
    'maxStorageBufferBindingSize',
    'maxBufferSize',
    'maxComputeWorkgroupSizeX',
    'maxComputeInvocationsPerWorkgroup',
  ] as const;
  const device = await adapter.requestDevice({
    requiredFeatures: (['timestamp-query'] as const).filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
  });
  const { info } = adapter as unknown as { info: unknown };
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const { WebGPUBackend } = stock as {
    WebGPUBackend: new (device: GPUDevice, info: unknown) => tf.KernelBackend;
  };
  const backend = new WebGPUBackend(device, info);
  if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
  else Object.defineProperty(globalThis, 'navigator', before);
  tf.registerBackend(STOCK, () => backend);
  await tf.setBackend(STOCK);
}
