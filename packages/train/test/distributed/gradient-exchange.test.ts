import * as tf from '@tensorflow/tfjs-core';
import { heapBackend, isSharedMemory } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createGradientExchange } from '../../src/distributed/gradient-exchange';
import { LONE_VALUES } from '../../src/distributed/gradient-layout';
import { oneProcess } from '../../src/node/distributed/one-process';

let engine: SelectedEngine;

beforeAll(async () => {
  engine = await selectEngine({ prefer: 'wasm', threads: 1 });
});
afterAll(() => engine.dispose());

/** One process that behaves as if another rank had the same values as this one. */
function doubling(seen: number[] = []) {
  return {
    ...oneProcess(),
    allReduce: (values: { length: number; [index: number]: number }) => {
      seen.push(values.length);
      for (let index = 0; index < values.length; index++) values[index]! *= 2;
      return Promise.resolve();
    },
  };
}

const variableOf = (shape: number[]) => ({ variable: tf.tidy(() => tf.variable(tf.zeros(shape))) });

describe('createGradientExchange', () => {
  it('sums a large gradient where it lies and gives that very memory back', async () => {
    const parameters = [variableOf([2]), variableOf([LONE_VALUES])];
    const exchange = createGradientExchange(doubling(), parameters);
    const before = tf.memory().numTensors;
    const gradient = tf.fill([LONE_VALUES], 3);
    const values = heapBackend()!.typedArrayFromHeap(gradient);
    expect([isSharedMemory(values), exchange.isAlone(1)]).toEqual([true, true]);
    exchange.addInPlace(1, gradient, values);
    gradient.dispose();
    exchange.add(0, Float32Array.of(1, 2), 1);
    const [small, large] = await exchange.finish();
    expect(await small!.array()).toEqual([2, 4]);
    expect(new Set(await large!.data())).toEqual(new Set([6]));
    expect(heapBackend()!.typedArrayFromHeap(large!).byteOffset).toBe(values.byteOffset);
    tf.dispose([small!, large!]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(parameters.map(({ variable }) => variable));
  });

  it('sends zeros for a gradient that this rank has not, whatever stood in its place before', async () => {
    const parameters = [variableOf([2]), variableOf([1])];
    const sums: number[][] = [];
    const communicator = {
      ...oneProcess(),
      allReduce: (values: ArrayLike<number>) => {
        sums.push(Array.from(values));
        return Promise.resolve();
      },
    };
    const exchange = createGradientExchange(communicator, parameters);
    exchange.add(0, Float32Array.of(5, 6), 1);
    exchange.add(1, Float32Array.of(7), 1);
    tf.dispose((await exchange.finish()).map((sum) => sum!));
    exchange.add(1, Float32Array.of(8), 1);
    const [none, some] = await exchange.finish();
    expect(none).toBeUndefined();
    expect(await some!.array()).toEqual([8]);
    some!.dispose();
    // Values, then which parameters have a gradient; the last parameter comes first.
    expect(sums).toEqual([
      [7, 5, 6],
      [1, 1],
      [8, 0, 0],
      [0, 1],
    ]);
    tf.dispose(parameters.map(({ variable }) => variable));
  });
});
