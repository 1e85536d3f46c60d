import * as tf from '@tensorflow/tfjs-core';

import type { Communicator } from '../node/distributed/communicator';

import type { ExchangedWeight } from './gradient-exchange';

/** Weights that a forward pass moves, which are the moving averages of batch normalisation, kept equal on all ranks. */
export interface MovedWeights {
  /** Asks the engine for the values that the weights have now. */
  read(): Promise<Float32Array>;
  /**
   * Moves the weights of all ranks by the mean of their moves since the last call, so that a checkpoint of any step is right.
   *
   * @param values What {@link read} gave; becomes the moves.
   * @param share This rank's share of the examples, by which its moves count.
   */
  equalize(values: Float32Array, share: number): Promise<void>;
}

/** `weights` are equal on all ranks to begin with. */
export async function createMovedWeights(
  communicator: Communicator,
  weights: readonly ExchangedWeight[],
): Promise<MovedWeights> {
  const before = await valuesOf(weights);
  return {
    read: () => valuesOf(weights),
    equalize: async (moves, share) => {
      if (weights.length === 0) return;
      // Differences rather than values, so that a weight that no rank has changed stays bit for bit equal.
      for (let index = 0; index < moves.length; index++) {
        moves[index] = (moves[index]! - before[index]!) * share;
      }
      await communicator.allReduce(moves);
      for (let index = 0; index < moves.length; index++) before[index]! += moves[index]!;
      assignValues(weights, before);
    },
  };
}

/** The values of all weights one after the other, in shared memory; all are asked for at once, so that a card is waited for once. */
export async function valuesOf(weights: readonly ExchangedWeight[]): Promise<Float32Array> {
  const length = weights.reduce((sum, { variable }) => sum + variable.size, 0);
  const values = new Float32Array(new SharedArrayBuffer(4 * length));
  let offset = 0;
  const reads = weights.map(async ({ variable }) => {
    const start = offset;
    offset += variable.size;
    values.set(await variable.data<'float32'>(), start);
  });
  await Promise.all(reads);
  return values;
}

/** Sets weights to values that {@link valuesOf} gave. */
export function assignValues(weights: readonly ExchangedWeight[], values: Float32Array): void {
  let offset = 0;
  for (const { variable } of weights) {
    const next = offset + variable.size;
    const tensor = tf.tensor(Float32Array.from(values.subarray(offset, next)), variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
    offset = next;
  }
}
