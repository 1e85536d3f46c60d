import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/wasm/start-wasm';

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

async function onBoth(run: () => tf.Tensor[]): Promise<number> {
  const out: Float32Array[][] = [];
  for (const b of ['cpu', 'wasm']) {
    await tf.setBackend(b);
    const ts = run();
    out.push(ts.map((t) => t.dataSync() as Float32Array));
    ts.forEach((t) => t.dispose());
  }
  let worst = 0;
  out[0]!.forEach((a, i) => {
    expect(out[1]![i]!.length).toBe(a.length);
    a.forEach((v, j) => {
      const e = Math.abs(v - out[1]![i]![j]!) / (1 + Math.abs(v));
      if (!(e <= worst)) worst = e;
    });
  });
  return worst;
}

test.each([
  [1, 5, 7, 3, 3, 5, 1, 'same'],
  [2, 9, 8, 4, 3, 8, 2, 'same'],
  [2, 9, 8, 5, 1, 9, 2, 'valid'],
  [2, 9, 8, 16, 1, 24, 1, 'valid'],
  [2, 11, 10, 20, 5, 13, 3, 2],
  [3, 12, 12, 32, 3, 64, 1, 'same'],
  [1, 4, 4, 130, 3, 70, 1, 'same'],
] as const)('conv %s', async (n, h, w, c, k, f, s, pad) => {
  const worst = await onBoth(() =>
    tf.tidy(() => {
      const x = tf.randomNormal([n, h, w, c], 0, 1, 'float32', 1) as tf.Tensor4D;
      const wt = tf.randomNormal([k, k, c, f], 0, 1, 'float32', 2) as tf.Tensor4D;
      const y = tf.conv2d(x, wt, s, pad as never);
      const dy = tf.randomNormal(y.shape, 0, 1, 'float32', 3);
      const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, s, pad as never),
      )([x, wt], dy);
      return [y, dx!, dw!];
    }),
  );
  expect(worst).toBeLessThan(1e-4);
});
test.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('matmul %s %s', async (ta, tb) => {
  const worst = await onBoth(() =>
    tf.tidy(() => {
      const a = tf.randomNormal(ta ? [3, 13, 7] : [3, 7, 13], 0, 1, 'float32', 1);
      const b = tf.randomNormal(tb ? [1, 9, 13] : [1, 13, 9], 0, 1, 'float32', 2);
      return [tf.matMul(a, b, ta, tb)];
    }),
  );
  expect(worst).toBeLessThan(1e-5);
});
