import * as tf from '@tensorflow/tfjs-core';
import { createRandom, type Random } from '@zoo/core';

/**
 * One promise that every engine keeps. Framework-free: vitest runs the cases in Node.js, a page runs them in a browser.
 */
export interface ContractCase {
  readonly name: string;
  /** Throws if the backend, registered under this name in tfjs, breaks the promise. */
  check(backend: string): Promise<void>;
}

/** Values of a test tensor: its shape and a random stream of its own. */
export function randomTensor<Rank extends tf.Rank>(
  random: Random,
  shape: readonly number[],
  mean = 0,
): tf.Tensor<Rank> {
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape([...shape]) },
    () => mean + random.normal(),
  );
  return tf.tensor(values, shape as tf.ShapeMap[Rank]);
}

/** Tensors that `compute` returns on `backend`, as arrays. */
export async function valuesOn(backend: string, compute: () => tf.Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const tensors = tf.tidy(compute);
  const values = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(tensors);
  return values;
}

/** A case that holds if `compute` returns on the backend what it returns on tfjs's cpu engine. */
export function sameAsCpu(
  name: string,
  compute: (random: Random) => tf.Tensor[],
  tolerance = 1e-4,
  computeReference = compute,
): ContractCase {
  return {
    name,
    async check(backend) {
      const seeded = (run: typeof compute) => () => run(createRandom(1).fork(name));
      const expected = await valuesOn('cpu', seeded(computeReference));
      const actual = await valuesOn(backend, seeded(compute));
      actual.forEach((values, index) => expectClose(values, expected[index]!, tolerance, `output ${index}`));
    },
  };
}

/** Throws if `actual` differs from `expected` by more than `tolerance` times the largest expected value (at least 1). */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values where ${expected.length} were expected`);
  }
  let scale = 1;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    // Written so that NaN fails.
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance * scale)) {
      throw new Error(`${what}: value ${i} is ${actual[i]!} where ${expected[i]!} was expected`);
    }
  }
}

/** Throws if `actual` has NaN or an infinity where `expected` has none or the other way round, or differs by more than rounding. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values where ${expected.length} were expected`);
  }
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(expected[i], actual[i]) || expected[i] === actual[i]) continue;
    expectClose([actual[i]!], [expected[i]!], 1e-4, `${what}, value ${i}`);
  }
}
