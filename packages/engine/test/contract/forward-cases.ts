import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@zoo/core';

import { expectSame, valuesOn, type ContractCase } from './contract-case';
import { DIFFERENTIABLE_KERNEL_CALLS, OTHER_KERNEL_CALLS, SPECIAL_VALUE_CALLS } from './kernel-calls';

/**
 * Every kernel forward, against tfjs's cpu engine: on values of both signs, on negative values alone, and, value by value, on numbers
 * that are no ordinary ones.
 */
export function forwardCases(): ContractCase[] {
  const calls = { ...DIFFERENTIABLE_KERNEL_CALLS, ...OTHER_KERNEL_CALLS };
  return [
    ...Object.entries(calls).flatMap(([name, call]) =>
      RANGES.map(({ words, lowest, highest }) =>
        sameValues(`${name} of ${words}`, () => {
          const random = createRandom(7).fork(name);
          const [x, y] = [1, 2].map(() =>
            tf.tensor1d(
              Float32Array.from({ length: 72 }, () => lowest + (highest - lowest) * random.uniform()),
            ),
          );
          return [call(x!, y!)];
        }),
      ),
    ),
    ...Object.entries(SPECIAL_VALUE_CALLS).map(([name, call]) =>
      sameValues(`${name} of special values`, () => [call()]),
    ),
  ];
}

const RANGES = [
  { words: 'values of both signs', lowest: -3, highest: 3 },
  { words: 'negative values', lowest: -5, highest: -1 },
];

function sameValues(name: string, compute: () => tf.Tensor[]): ContractCase {
  return {
    name,
    async check(backend) {
      const [expected] = await valuesOn('cpu', compute);
      const [actual] = await valuesOn(backend, compute);
      expectSame(actual!, expected!, 'the result');
    },
  };
}
