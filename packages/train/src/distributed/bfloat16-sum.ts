import type { Communicator } from '../node/distributed/communicator';

import type { SumBucket } from './gradient-exchange';

/**
 * Sums buckets over the ranks with bfloat16 on the way: half the bytes, added up in float32.
 *
 * Each rank adds up one part of the bucket, and the sums go round as bfloat16 too, so that all ranks hold the same. What rounding
 * takes from a value is kept and added to the same value at the next step (error feedback: Seide et al. 2014, "1-Bit Stochastic
 * Gradient Descent"), by the rank that rounded it.
 */
export function bfloat16Sum(communicator: Communicator): SumBucket {
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

const [float, bits] = viewsOfOne();

function viewsOfOne(): [Float32Array, Uint32Array] {
  const values = new Float32Array(1);
  return [values, new Uint32Array(values.buffer)];
}

/** The nearest bfloat16 values of `values` plus `residuals`, ties to even; `residuals` becomes what was lost. */
export function round(values: Float32Array, target: Uint16Array, residuals: Float32Array): void {
  for (let index = 0; index < values.length; index++) {
    const exact = Math.fround(values[index]! + residuals[index]!);
    float[0] = exact;
    const word = bits[0]!;
    // Infinities and NaNs are not rounded, because a carry would change them.
    const isFinite = (word & 0x7f800000) !== 0x7f800000;
    const rounded = isFinite
      ? (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
      : (word >>> 16) | ((word & 0xffff) === 0 ? 0 : 0x40);
    target[index] = rounded;
    residuals[index] = isFinite ? exact - widened(rounded) : 0;
  }
}

/** The value of a bfloat16. */
export function widened(half: number): number {
  bits[0] = half << 16;
  return float[0]!;
}
