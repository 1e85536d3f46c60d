import { ZooError } from '@zoo/core';

import type { Communicator } from '../node/distributed/communicator';

import type { ExchangedWeight } from './gradient-exchange';

/** A weight with its name. */
export interface NamedWeight extends ExchangedWeight {
  readonly name: string;
}

/**
 * Throws, on all ranks, unless every rank holds the same weights bit for bit: a checkpoint of rank 0 speaks for all of them.
 *
 * @param epoch From 0.
 * @throws ZooError `communicator` that names the first weight that differs, and the ranks.
 */
export async function expectSameWeights(
  communicator: Communicator,
  weights: readonly NamedWeight[],
  epoch: number,
): Promise<void> {
  // All are asked for at once, so that a card is waited for once.
  const hashes = Float64Array.from(
    await Promise.all(weights.map(async ({ variable }) => hashOf(await variable.data()))),
  );
  const all = await communicator.allGather(hashes);
  const first = hashes.findIndex((_, index) => ranksWithOther(all, weights.length, index).length > 0);
  if (first === -1) return;
  const ranks = ranksWithOther(all, weights.length, first);
  throw new ZooError(
    'communicator',
    `After epoch ${epoch + 1} the weight '${weights[first]!.name}' differs between rank 0 and rank${ranks.length > 1 ? 's' : ''} ${ranks.join(', ')}. ` +
      'Start all ranks from one build, on one kind of engine, and let callbacks that change weights do so on all of them. The last checkpoint is of the epoch before.',
  );
}

function ranksWithOther(all: Float64Array, count: number, index: number): number[] {
  const ranks = Array.from({ length: all.length / count }, (_, rank) => rank);
  return ranks.filter((rank) => all[rank * count + index] !== all[index]);
}

/** FNV-1a of the values' bits, two lanes of 26 bits in one number. */
function hashOf(values: Float32Array | Int32Array | Uint8Array): number {
  const words =
    values instanceof Uint8Array ? values : new Uint32Array(values.buffer, values.byteOffset, values.length);
  let [low, high] = [0x811c9dc5, 0x050c5d1f];
  for (const word of words) {
    low = Math.imul(low ^ word, 0x01000193);
    high = Math.imul(high ^ (word >>> 7) ^ word, 0x85ebca6b);
    high ^= high >>> 15;
  }
  // The upper bits, which depend on all bits of all words.
  return (low >>> 6) * 2 ** 26 + (high >>> 6);
}
