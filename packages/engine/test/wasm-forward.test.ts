import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

import { forwardCases } from './contract/forward-cases';
import { DIFFERENTIABLE_KERNEL_CALLS, OTHER_KERNEL_CALLS } from './contract/kernel-calls';

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

describe('on wasm as on cpu:', () => {
  for (const { name, check } of forwardCases()) {
    test(name, () => check('wasm'));
  }
});

/** Kernels that are gradients, called by the gradients of others. */
const isGradient = (name: string) => /Grad$|Backprop/.test(name);
/** Complex numbers, strings and ragged tensors, which no image classifier needs; drawing on a canvas; random numbers. */
const NOT_COMPARED =
  /^(Complex|ComplexAbs|Real|Imag|FFT|IFFT|Ragged\w+|String\w+|StaticRegexReplace|Draw|Multinomial|_FusedMatMul)$/;

test('every kernel of the cpu engine is called', () => {
  const called = new Set(
    [...Object.keys(DIFFERENTIABLE_KERNEL_CALLS), ...Object.keys(OTHER_KERNEL_CALLS)].map(
      (name) => name.split('/')[0]!,
    ),
  );
  const names = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  const missing = names.filter((name) => !called.has(name) && !isGradient(name) && !NOT_COMPARED.test(name));
  expect(missing).toEqual([]);
});
