import * as tf from '@tensorflow/tfjs';
import { FUSED_KERNELS, batchNormTraining, softmaxCrossEntropy } from '@zoo/core';
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
const r = (shape: number[], seed: number, mean = 0) => tf.randomNormal(shape, mean, 1, 'float32', seed);
test.each([[[2, 3, 3, 5]], [[4, 8, 8, 64]], [[64, 7]], [[3, 17, 19, 37]], [[2, 64, 64, 16]]])('bn %s', async (shape) => {
  const c = shape.at(-1)!;
  const worst = await onBoth(() =>
    tf.tidy(() => {
      const x = r(shape, 1, 3), g = r([c], 2) as tf.Tensor1D, b = r([c], 3) as tf.Tensor1D;
      const dy = r(shape, 4);
      const f = (x: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => batchNormTraining(x, g as tf.Tensor1D, b as tf.Tensor1D);
      return [f(x, g, b), ...tf.grads(f)([x, g, b], dy)];
    }),
  );
  expect(worst).toBeLessThan(1e-4);
});
test.each([
  [[2, 7, 9, 5], 3, 2, 'same'],
  [[2, 8, 8, 8], 2, 2, 'valid'],
  [[1, 11, 6, 70], 3, 1, 1],
] as const)('max pool %s', async (shape, k, s, pad) => {
  const worst = await onBoth(() =>
    tf.tidy(() => {
      const x = tf.round(tf.mul(r([...shape], 1, -1), 2));
      const f = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, k, s, pad);
      const y = f(x);
      return [y, tf.grad(f)(x, r(y.shape, 2))];
    }),
  );
  expect(worst).toBeLessThan(1e-6);
});
test('mean, sum, relu, add, infer bn, softmax', async () => {
  const worst = await onBoth(() =>
    tf.tidy(() => {
      const x = r([3, 5, 7, 37], 1), y = r([3, 5, 7, 37], 2);
      const l = r([5, 9], 3) as tf.Tensor2D, t = tf.softmax(r([5, 9], 4)) as tf.Tensor2D;
      return [
        tf.mean(x, [1, 2]), tf.sum(x, [0, 1, 2]), tf.mean(x, [1, 2], true), tf.sum(x, 1), tf.relu(x), tf.add(x, y),
        tf.grad((x: tf.Tensor) => tf.relu(x))(x, y),
        tf.batchNorm(x as tf.Tensor4D, r([37], 5) as tf.Tensor1D, tf.square(r([37], 6)) as tf.Tensor1D, r([37], 7) as tf.Tensor1D, r([37], 8) as tf.Tensor1D, 1e-3),
        softmaxCrossEntropy(l, t),
        tf.grad((l: tf.Tensor) => softmaxCrossEntropy(l as tf.Tensor2D, t))(l, r([5], 9)),
      ];
    }),
  );
  expect(worst).toBeLessThan(1e-5);
});
test('sgd', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const w = tf.variable(r([5, 7], 1)), g = r([5, 7], 2), v = tf.variable(r([5, 7], 3));
    const w0 = w.arraySync() as number[][], g0 = g.arraySync() as number[][], v0 = v.arraySync() as number[][];
    const out = tf.engine().runKernel(FUSED_KERNELS.sgdUpdate, [w, g, v] as never, { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecays: [0.01], gradientScale: 0.5 });
    console.log === undefined && out;
    const w1 = (out as unknown as tf.Tensor[]).length ? ((out as unknown as tf.Tensor[])[0]!.arraySync() as number[][]) : (w.arraySync() as number[][]);
    const gg = g0[1]![2]! * 0.5 + 0.01 * w0[1]![2]!;
    const vv = 0.9 * v0[1]![2]! + gg;
    expect(w1[1]![2]).toBeCloseTo(w0[1]![2]! - 0.1 * (gg + 0.9 * vv), 5);
    w.dispose(); v.dispose();
  });
});
