/**
 * One rank of benchmarks/exchange.ts: `exchange-sum.mjs megabytes rounds mode`. Rank 0 prints median milliseconds. Modes: `alone` (a sum over
 * all ranks), `compute` (a computation that fills the core for some 400 ms), `beside` (the sum leaves in buckets during the computation).
 */
import { openCommunicator } from '@zoo/train/distributed';

import { median } from './shared/median';

const [megabytes = '44', rounds = '5', mode = 'alone'] = process.argv.slice(2);
const communicator = await openCommunicator();
const BUCKETS = 11;
const values = new Float32Array(
  new SharedArrayBuffer(4 * BUCKETS * Math.ceil((1e6 * Number(megabytes)) / 4 / BUCKETS)),
);
const bucketLength = values.length / BUCKETS;

/** A part of the computation, about 400 ms in all. */
function compute(): number {
  let value = 1;
  for (let step = 0; step < 4e7 / BUCKETS; step++) value = Math.fround(value * 1.0000001 + 0.1);
  return value;
}

async function pass(): Promise<void> {
  if (mode === 'alone') return communicator.allReduce(values);
  const underWay: Promise<void>[] = [];
  for (let start = 0; start < values.length; start += bucketLength) {
    compute();
    if (mode === 'beside')
      underWay.push(communicator.allReduce(values.subarray(start, start + bucketLength)));
  }
  await Promise.all(underWay);
}

const times: number[] = [];
for (let round = 0; round <= Number(rounds); round++) {
  values.fill(communicator.rank + 1);
  await communicator.barrier();
  const startMs = performance.now();
  await pass();
  times.push(performance.now() - startMs);
  const sum = mode === 'compute' ? communicator.rank + 1 : (communicator.size * (communicator.size + 1)) / 2;
  if (values[0] !== sum || values.at(-1) !== sum)
    throw new Error(`Expected ${sum} but received ${values[0]}.`);
}
// The first connects the ranks.
if (communicator.rank === 0) console.log(median(times.slice(1)).toFixed(0));
await communicator.finalize();
