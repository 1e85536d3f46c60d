import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, isZooError, runFusedKernel } from '@zoo/core';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';

import { describeEngines, profileKernels, selectEngine, type SelectedEngine } from '../src';
import { findAdapter } from '../src/engines/webgpu/find-adapter';
import { runningContext } from '../src/engines/webgpu/running-engine';

import { isWebgpuAbsent, WEBGPU_NOTE } from './webgpu-here';

/** What a promise rejects with. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.skipIf(isWebgpuAbsent)(`the webgpu engine in Node.js${WEBGPU_NOTE}`, () => {
  let engine: SelectedEngine | undefined;
  const start = async (options: { card?: string; memoryLimitBytes?: number } = {}) => {
    engine = await selectEngine({ prefer: 'webgpu', ...options });
    return engine;
  };
  afterEach(async () => {
    await engine?.dispose();
    engine = undefined;
  });

  it('says which card, driver and backend it took', async () => {
    const { reason } = await start();
    expect(reason).toMatch(/asked for by name: WebGPU on .+ \(.+, (Vulkan|Metal|Direct3D 12)\)/);
  });

  it('takes a card by a part of its name and refuses one that is not there, naming those that are', async () => {
    await start({ card: '0' });
    await engine!.dispose();
    const error = await failureOf(start({ card: 'Voodoo' }));
    expect(isZooError(error, 'engine-unavailable')).toBe(true);
    expect((error as Error).message).toMatch(/no card called 'Voodoo' \(found: .+\)/);
  });

  it('is passed over with a clause where it computes in software and is not asked for by name', async () => {
    engine = await selectEngine({ prefer: ['webgpu', 'cpu'] });
    if (engine.name === 'webgpu') return; // A real card.
    expect(describeEngines(engine)).toMatch(/webgpu +unavailable +WebGPU computes in software here/);
  });

  it('updates as many weights in a dispatch as the card, not WebGPU, has bindings for', async () => {
    const card = process.env['ZOO_GPU'];
    const found = await findAdapter({ card, precision: 'float32', allowsSoftware: true });
    if ('absentBecause' in found) throw new Error(found.absentBecause);
    const bindings = found.adapter.limits.maxStorageBuffersPerShaderStage;
    found.release();
    await start();
    const make = (value: number) =>
      Array.from({ length: 13 }, (_, index) => tf.tidy(() => tf.variable(tf.fill([index + 1], value))));
    const [weights, gradients, velocities] = [make(1), make(0.5), make(2)] as const;
    const update = (): Promise<void> => {
      const attributes = { learningRate: 0.1, momentum: 0.9, nesterov: false, gradientScale: 1 };
      const weightDecays = weights.map(() => 0);
      const inputs = [...weights, ...gradients, ...velocities];
      runFusedKernel(FUSED_KERNELS.sgdUpdate, inputs, { ...attributes, weightDecays });
      return Promise.resolve();
    };
    const { dispatches } = await profileKernels(update, { timed: false });
    expect(dispatches).toBe(Math.ceil(13 / Math.floor(bindings / 3)));
    for (const [index, weight] of weights.entries()) {
      const values = await weight.data<'float32'>();
      expect(values).toHaveLength(index + 1);
      for (const value of values) expect(value).toBeCloseTo(1 - 0.1 * (0.9 * 2 + 0.5), 6);
    }
    tf.dispose([...weights, ...gradients, ...velocities]);
  });

  it('leaves no global and no backend behind when it is disposed', async () => {
    const before = Object.getOwnPropertyNames(globalThis).sort();
    await start();
    expect(tf.getBackend()).toBe('webgpu');
    await engine!.dispose();
    expect(Object.getOwnPropertyNames(globalThis).sort()).toEqual(before);
    expect(runningContext()).toBeUndefined();
    expect(tf.engine().registry['webgpu']).toBeUndefined();
  });

  it('starts again after it was disposed', async () => {
    await start();
    await engine!.dispose();
    await start();
    const x = tf.tensor1d([1, 2, 3]);
    const doubled = tf.mul(x, 2);
    expect([...(await doubled.data())]).toEqual([2, 4, 6]);
    tf.dispose([x, doubled]);
  });

  it('refuses to read synchronously what is on the card, and says how to read it', async () => {
    await start();
    const x = tf.tidy(() => tf.exp(tf.zeros([5000])));
    expect(() => x.dataSync()).toThrow(/await tensor\.data\(\)/);
    x.dispose();
  });

  it('creates no buffer in a step after the first', async () => {
    await start();
    const weights = tf.tidy(() => tf.variable(tf.randomNormal<tf.Rank.R4>([3, 3, 3, 8], 0, 1, 'float32', 1)));
    const optimizer = tf.train.sgd(0.01);
    const step = async () => {
      const images = tf.randomNormal<tf.Rank.R4>([2, 16, 16, 3], 0, 1, 'float32', 1);
      const loss = optimizer.minimize(() => tf.mean(tf.square(tf.conv2d(images, weights, 1, 'same'))), true, [
        weights,
      ])!;
      images.dispose();
      await loss.data();
      loss.dispose();
    };
    await step();
    await step();
    const profile = await profileKernels(
      async () => {
        for (let index = 0; index < 5; index++) await step();
      },
      { timed: false },
    );
    expect(profile.createdBuffers).toBe(0);
    expect(profile.dispatches).toBeGreaterThan(5);
    tf.dispose([weights]);
    optimizer.dispose();
  });

  it('times each kernel where the card can', async () => {
    await start();
    const x = tf.randomNormal([64, 64], 0, 1, 'float32', 1);
    const profile = await profileKernels(async () => {
      const product = tf.matMul(x, x);
      await product.data();
      product.dispose();
    });
    expect(profile.kernels.length).toBeGreaterThan(0);
    if (runningContext()!.hasFeature('timestamp-query')) {
      expect(profile.kernels[0]!.milliseconds).toBeGreaterThan(0);
    }
    x.dispose();
  });

  it('names the need and a smaller batch where memoryLimitBytes does not last', async () => {
    await start({ memoryLimitBytes: 1e6 });
    const images = tf.zeros<tf.Rank.R4>([8, 32, 32, 3]);
    const filter = tf.ones<tf.Rank.R4>([1, 1, 3, 64]);
    const allocate = () => tf.tidy(() => tf.conv2d(tf.add<tf.Tensor4D>(images, 1), filter, 1, 'same'));
    expect(allocate).toThrow(/needs 2\.1 MB more on the webgpu engine.*batch size of 4 instead of 8/);
    tf.dispose([images, filter]);
  });

  it('fails with a typed error once the card is lost', async () => {
    await start();
    // Larger than what TensorFlow.js computes on the processor.
    const x = tf.tensor1d(new Float32Array(5000));
    runningContext()!.device.destroy();
    const error = await failureOf(
      (async () => {
        for (let attempt = 0; attempt < 10; attempt++) {
          const y = tf.add(x, 1);
          await y.data().finally(() => y.dispose());
        }
      })(),
    );
    expect(isZooError(error, 'device-lost')).toBe(true);
    expect((error as Error).message).toMatch(/last checkpoint/);
    x.dispose();
  });

  it.each([true, false])('lets the process end by itself, disposed: %s', async (isDisposed) => {
    const outfile = fileURLToPath(new URL(`../reports/end-${isDisposed}.mjs`, import.meta.url));
    await build({
      stdin: {
        contents: `
          import * as tf from '@tensorflow/tfjs-core';
          import { selectEngine } from './src';
          const engine = await selectEngine({ prefer: 'webgpu' });
          const ones = tf.ones([5000]);
          const [sum] = await tf.add(ones, ones).sum().data();
          console.log(sum);
          ${isDisposed ? 'await engine.dispose();' : ''}
        `,
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
      },
      ...{ outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' },
      conditions: ['@zoo/source'],
      external: ['@tensorflow/*', 'webgpu'],
    });
    const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '10000\n', stderr: '' });
  });
});
