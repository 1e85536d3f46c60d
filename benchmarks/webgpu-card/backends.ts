import * as stock from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { selectEngine, type SelectedEngine, type SelectEngineOptions } from '@zoo/engine';

/** Starts the zoo's engine. */
export async function startOurs(options: SelectEngineOptions = {}): Promise<SelectedEngine> {
  return selectEngine({ prefer: 'webgpu', ...options });
}

/** Dawn must live as long as its devices. */
const kept: unknown[] = [];

/** Dawn as its package starts it. */
export async function startDawn(options: string[] = []): Promise<GPU> {
  const name = 'webgpu';
  const { create, globals } = (await import(name)) as {
    create(options: string[]): GPU;
    globals: Record<string, unknown>;
  };
  Object.assign(globalThis, globals);
  const gpu = create(options);
  kept.push(gpu);
  return gpu;
}

/**
 * Starts TensorFlow.js' own backend as its package does in a browser, with the zoo's gradients where its own are wrong; in a process
 * without the zoo's engine.
 */
export async function startStock(): Promise<void> {
  // Registers the gradients, and nothing on WebGPU.
  await (await selectEngine({ prefer: 'cpu' })).dispose();
  const gpu = await startDawn();
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
  kept.push(adapter, device);
  const { info } = adapter as unknown as { info: unknown };
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const { WebGPUBackend } = stock as {
    WebGPUBackend: new (device: GPUDevice, info: unknown) => tf.KernelBackend;
  };
  const backend = new WebGPUBackend(device, info);
  tf.registerBackend('webgpu', () => backend, 3);
  await tf.setBackend('webgpu');
}
