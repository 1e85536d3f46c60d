/**
 * A sum of a network's gradients over ranks in network namespaces, beside what the model of cost says.
 *
 * `node benchmarks/run.mjs exchange [megabytes] [rate] [rounds]`; default 44 (ResNet-18's gradients) 1gbit 5. As root, with iproute2 and Open MPI.
 * Between 2, 4 and 8 ranks, each behind a link of its own: all of them share the cores of this machine, which the model leaves out.
 * Then what the sum between two adds to a computation that fills their cores.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// By its path at run time: bundled, it would take this program for itself.
const cost = new URL('../../examples/distributed/exchange-cost.mjs', import.meta.url).href;
const { exchangeSeconds } = (await import(cost)) as { exchangeSeconds(link: object): number };

const [megabytes = '44', rate = '1gbit', rounds = '5'] = process.argv.slice(2);
const program = fileURLToPath(new URL('exchange-sum.mjs', import.meta.url));
const shaped = fileURLToPath(new URL('../../examples/distributed/network/shaped.sh', import.meta.url));
const bitsPerSecond = Number(rate.replace('gbit', '')) * 1e9;
// Of an Ethernet frame of 1,538 bytes on the wire, 1,448 are the program's: 0.118 GB/s of a gigabit.
const link = { bytesPerSecond: (bitsPerSecond / 8) * (1448 / 1538), latencySeconds: 50e-6 };

/** Median milliseconds of rank 0. */
function milliseconds(ranks: number, mode: string): number {
  const args = [`${ranks}`, rate, process.execPath, program, megabytes, rounds, mode];
  const { stdout, stderr, status } = spawnSync(shaped, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim().split('\n').at(-1));
}

console.log(`${megabytes} MB over ${rate}: ranks, median ms of ${rounds}, the model's ms`);
for (const ranks of [2, 4, 8]) {
  const expectedMs = 1e3 * exchangeSeconds({ ranks, bytes: 1e6 * Number(megabytes), ...link });
  console.log(`${ranks}  ${milliseconds(ranks, 'alone')}  ${expectedMs.toFixed(0)}`);
}
const [alone, both] = [milliseconds(2, 'compute'), milliseconds(2, 'beside')];
console.log(`2 ranks: a computation of ${alone} ms takes ${both} ms with the sum beside it`);
