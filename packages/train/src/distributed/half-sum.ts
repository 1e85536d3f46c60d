import type { Communicator } from '../node/distributed/communicator';

import type { SumBucket } from './gradient-exchange';
import type { HalfPrecision } from './half-precision';

/**
 * Sums buckets over the ranks with two bytes a value on the way: half the bytes, added up in float32.
 *
 * Each rank adds up one part of the bucket, and the sums go round in two bytes too, so that all ranks hold the same. What rounding
 * takes from a value is kept and added to the same value at the next step (error feedback: Seide et al. 2014, "1-Bit Stochastic
 * Gradient Descent"), by the rank that rounded it.
 */
export function halfSum(communicator: Communicator, { round, widened }: HalfPrecision): SumBucket {
  const { size } = communicator;
  const residuals = new Map<number, { own: Float32Array; sums: Float32Array }>();
  const sum: SumBucket = async (values) => {
    // An even number of values for each rank, two of which make one integer of the exchange.
    const each = 2 * Math.ceil(values.length / (2 * size));
    const kept = residuals.get(values.byteOffset) ?? {
      own: new Float32Array(each * size),
      sums: new Float32Array(each),
    };
    residuals.set(values.byteOffset, kept);
    const sent = sharedHalves(each * size);
    round(values, sent, kept.own);
    const parts = halvesOf(await communicator.allToAll(wordsOf(sent)));
    const sums = new Float32Array(each);
    for (let index = 0; index < parts.length; index++) sums[index % each]! += widened(parts[index]!);
    const own = sharedHalves(each);
    round(sums, own, kept.sums);
    const all = halvesOf(await communicator.allGather(wordsOf(own)));
    for (let index = 0; index < values.length; index++) values[index] = widened(all[index]!);
  };
  // One bucket after the other: ranks may finish the first halves in different orders, but must exchange in the same order.
  let last: Promise<void> = Promise.resolve();
  return (values) => {
    const summed = last.then(() => sum(values));
    last = summed.catch(() => undefined);
    return summed;
  };
}

const sharedHalves = (length: number): Uint16Array => new Uint16Array(new SharedArrayBuffer(2 * length));
const wordsOf = ({ buffer, byteOffset, length }: Uint16Array): Int32Array =>
  new Int32Array(buffer, byteOffset, length / 2);
const halvesOf = ({ buffer, byteOffset, length }: Int32Array): Uint16Array =>
  new Uint16Array(buffer, byteOffset, 2 * length);
