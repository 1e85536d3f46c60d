/** One rank of benchmarks/exchange.ts: `exchange-sum.mjs megabytes rounds`. Rank 0 prints the median milliseconds of a sum over all ranks. */
import { openCommunicator } from '@zoo/train/distributed';

import { median } from './shared/median';

const [megabytes = '44', rounds = '5'] = process.argv.slice(2);
const communicator = await openCommunicator();
const values = new Float32Array(new SharedArrayBuffer(4 * Math.ceil((1e6 * Number(megabytes)) / 4)));
const times: number[] = [];
for (let round = 0; round <= Number(rounds); round++) {
  values.fill(communicator.rank + 1);
  await communicator.barrier();
  const startMs = performance.now();
  await communicator.allReduce(values);
  times.push(performance.now() - startMs);
  const sum = (communicator.size * (communicator.size + 1)) / 2;
  if (values[0] !== sum || values.at(-1) !== sum)
    throw new Error(`Expected ${sum} but received ${values[0]}.`);
}
// The first connects the ranks.
if (communicator.rank === 0) console.log(median(times.slice(1)).toFixed(0));
await communicator.finalize();
