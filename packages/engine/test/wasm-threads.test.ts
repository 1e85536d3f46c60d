import { spawnSync } from 'node:child_process';

import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, createRandom, groupedConv2d } from '@zoo/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

import { randomTensor } from './contract/contract-case';

let engine: StartedWasm;
const listenersBefore =
  process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
const workerBefore = Object.getOwnPropertyDescriptor(globalThis, 'Worker');

beforeAll(async () => {
  engine = await startWasm({ threads: 3 });
});
afterAll(() => engine.dispose());

/** A convolution, a grouped one, batch norm, ReLU and pooling with all their gradients. */
function compute(): Float32Array[] {
  const tensors = tf.tidy(() => {
    const random = createRandom(1);
    const x = randomTensor<tf.Rank.R4>(random.fork('x'), [4, 30, 30, 19]);
    const filter = randomTensor<tf.Rank.R4>(random.fork('filter'), [3, 3, 19, 70]);
    const grouped = randomTensor<tf.Rank.R4>(random.fork('grouped'), [3, 3, 10, 70]);
    const scale = randomTensor(random.fork('scale'), [70]);
    const groups = { groups: 7, strides: [1, 1] as [number, number], padding: 'same' as const };
    const apply = (a: tf.Tensor, b: tf.Tensor, g: tf.Tensor, c: tf.Tensor) => {
      const whole = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same');
      const y = groupedConv2d(whole, g as tf.Tensor4D, groups);
      const z = tf.relu(batchNormTraining(y, c as tf.Tensor1D, c as tf.Tensor1D));
      return tf.mean(tf.maxPool(z as tf.Tensor4D, 3, 2, 'same'), [1, 2]);
    };
    const y = apply(x, filter, grouped, scale);
    return [y, ...tf.grads(apply)([x, filter, grouped, scale], randomTensor(random.fork('dy'), y.shape))];
  });
  const values = tensors.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose(tensors);
  return values;
}

test('the number of threads is the one that was asked for', () => {
  expect(engine.threads).toBe(3);
});

test('fused multiply-add is taken where V8 has relaxed SIMD: since 11.4, in Node.js 22', () => {
  const [major, minor] = process.versions.v8.split('.').map(Number) as [number, number];
  expect(engine.hasFusedMultiplyAdd).toBe(major > 11 || (major === 11 && minor >= 4));
});

test('a second start returns the engine that is there', async () => {
  await tf.setBackend('cpu');
  expect(await startWasm({ threads: 7 })).toBe(engine);
  expect(tf.getBackend()).toBe('wasm');
});

test('no global and no listener is left behind', () => {
  expect(Object.getOwnPropertyDescriptor(globalThis, 'Worker')).toEqual(workerBefore);
  expect(process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection')).toBe(
    listenersBefore,
  );
});

test('results are the same bits from run to run', () => {
  expect(compute()).toEqual(compute());
});

test('results are the same bits on three threads and, after dispose, on one', async () => {
  const onThree = compute();
  await engine.dispose();
  expect(engine.threads).toBe(1);
  expect(compute()).toEqual(onThree);
});

test.each([
  [{ threads: 0 }, 'Expected an integer of at least 1'],
  [{ memoryLimitBytes: -1 }, 'Expected an integer of at least 1'],
  [
    { wasmLocation: { 'tfjs-backend-wasm.wasm': 'a.wasm' } },
    'Expected a folder or an object with the places of',
  ],
  [{ thread: 2 }, "Did you mean 'threads'?"],
])('the option %o is refused', async (options, message) => {
  await expect(startWasm(options as object)).rejects.toThrow(message);
});

test('Node.js ends by itself while worker threads sleep', () => {
  const script = `
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const { Worker } = require('node:worker_threads');
    const source = "const { workerData } = require('node:worker_threads'); Atomics.wait(new Int32Array(workerData.buffer), 0, 0)";
    new Worker(source, { eval: true, workerData: memory }).unref();
    setTimeout(() => {}, 100);`;
  const { status, signal } = spawnSync(process.execPath, ['-e', script], { timeout: 20_000 });
  expect({ status, signal }).toEqual({ status: 0, signal: null });
});
