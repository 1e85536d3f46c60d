import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';
import { describeEngines, measureRoofline } from '@zoo/engine';

import { startDawn, startOurs } from './backends';
import type { Section } from './section';

/** The card, its driver, its features and limits. */
export const machineSection: Section = {
  name: 'machine',
  budgetSeconds: 10,
  async run({ isSmall, report }) {
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
    report({ roofline: await measureRoofline({ isSmall }) });
    await engine.dispose();
    report({ adapter: await adapterDetails(['allow_unsafe_apis']) });
    const float16 = ['allow_unsafe_apis', 'vulkan_enable_f16_on_nvidia'];
    report({ adapter: await adapterDetails(float16) });
  },
};

/** What the adapter could do beyond what the engine asks for: features that Dawn holds back unless it is told to. */
async function adapterDetails(features: readonly string[]): Promise<object> {
  const gpu = await startDawn([`enable-dawn-features=${features.join(',')}`]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { absent: true };
  const { info } = adapter as unknown as { info: Record<string, unknown> };
  const configs = info['subgroupMatrixConfigs'] as Iterable<Record<string, unknown>> | undefined;
  const inWords = ({ componentType, resultComponentType, M, N, K }: Record<string, unknown>): string =>
    `${String(componentType)} -> ${String(resultComponentType)} ${String(M)}x${String(N)}x${String(K)}`;
  return {
    dawnFeatures: features,
    vendor: info['vendor'],
    architecture: info['architecture'],
    device: info['device'],
    description: info['description'],
    subgroupSizes: [info['subgroupMinSize'], info['subgroupMaxSize']],
    subgroupMatrixConfigs: configs === undefined ? [] : [...configs].map(inWords),
    features: [...adapter.features].sort(),
  };
}
