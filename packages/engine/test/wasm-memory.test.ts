import * as tf from '@tensorflow/tfjs-core';
import { isZooError } from '@zoo/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

const LIMIT_BYTES = 40e6;

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2, memoryLimitBytes: LIMIT_BYTES });
});
afterAll(() => engine.dispose());

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a kernel that needs more than the limit says its name, its need and a batch size', () => {
  const x = tf.zeros<tf.Rank.R4>([8, 64, 64, 4]);
  const filter = tf.zeros<tf.Rank.R4>([1, 1, 4, 512]);
  const error = errorOf(() => tf.conv2d(x, filter, 1, 'same'));
  expect(isZooError(error, 'out-of-memory')).toBe(true);
  expect((error as Error).message).toMatch(
    /The kernel Conv2D needs 67 MB more on the wasm engine, where .* of 40 MB are in use\. Use a batch size of 4 instead of 8, with `accumulateSteps: 2`/,
  );
  tf.dispose([x, filter]);
});

test('a kernel of tfjs that does not fit is caught as well', () => {
  const x = tf.zeros([1000, 1000]);
  const error = errorOf(() => tf.tile(x, [10, 10]));
  expect((error as Error).message).toMatch(/The kernel Tile needs 400 MB more/);
  x.dispose();
});

test('a tensor of the caller that does not fit is an error without a kernel', () => {
  const error = errorOf(() => tf.tensor(new Float32Array(2e7)));
  expect((error as Error).message).toMatch(/^A tensor needs 80 MB more/);
});

test('what exists is intact after the error, and nothing has leaked', () => {
  const x = tf.range(0, 1e6);
  const { numTensors, numBytes } = tf.memory();
  for (let i = 0; i < 20; i++) {
    expect(errorOf(() => tf.tidy(() => tf.tile(tf.add(x, x), [50])))).toBeInstanceOf(Error);
  }
  expect(tf.memory()).toMatchObject({ numTensors, numBytes });
  expect(x.dataSync()[999_999]).toBe(999_999);
  x.dispose();
});
