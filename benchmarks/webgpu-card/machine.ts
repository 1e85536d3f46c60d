import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

import * as tf from '@tensorflow/tfjs';
import { describeEngines } from '@zoo/engine';

import { startOurs } from './backends';
import type { Section } from './section';

/** The card, its driver, its features and limits. */
export const machineSection: Section = {
  name: 'machine',
  budgetSeconds: 10,
  async run({ report }) {
    const smi = spawnSync('nvidia-smi', [
      '--query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit',
      '--format=csv,noheader',
    ]);
    report({
      node: process.version,
      processor: cpus()[0]?.model,
      cores: cpus().length,
      nvidiaSmi: smi.status === 0 ? smi.stdout.toString().trim() : undefined,
    });
    const engine = await startOurs();
    report({ engines: describeEngines(engine).split('\n') });
    const { device, adapterInfo } = tf.backend() as unknown as {
      device: GPUDevice;
      adapterInfo: object;
    };
    const limits: Record<string, unknown> = {};
    for (const name in device.limits)
      limits[name] = (device.limits as unknown as Record<string, unknown>)[name];
    report({ adapterInfo, features: [...device.features].sort(), limits });
    report({ adapter: await adapterDetails() });
    await engine.dispose();
  },
};

/** What the adapter could do beyond what the engine asks for: experimental features where Dawn is told to allow them. */
async function adapterDetails(): Promise<object> {
  const name = 'webgpu';
  const { create } = (await import(name)) as { create(options: string[]): GPU };
  const gpu = create(['enable-dawn-features=allow_unsafe_apis']);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { absent: true };
  const { info } = adapter as unknown as { info: Record<string, unknown> };
  const configs = info['subgroupMatrixConfigs'] as Iterable<Record<string, unknown>> | undefined;
  const plain = (config: Record<string, unknown>): object =>
    Object.fromEntries(
      ['componentType', 'resultComponentType', 'M', 'N', 'K'].map((key) => [key, config[key]]),
    );
  return {
    vendor: info['vendor'],
    architecture: info['architecture'],
    device: info['device'],
    description: info['description'],
    subgroupMinSize: info['subgroupMinSize'],
    subgroupMaxSize: info['subgroupMaxSize'],
    subgroupMatrixConfigs: configs === undefined ? [] : [...configs].map(plain),
    features: [...adapter.features].sort(),
  };
}
