/**
 * One rank and two, with one thread each, beside two runs that know nothing of one another and PyTorch's DistributedDataParallel over gloo, in turn.
 *
 * `node benchmarks/run.mjs distributed [network] [size] [batch of a rank] [rounds] [steps]`; default resnet20 32 32 3 20. Pictures a second;
 * PyTorch's with ZOO_ORACLE_PYTHON. Needs Open MPI. With `shaped` before the rest, as root: two ranks in network namespaces behind 1 Gbit/s each, and how
 * much of the exchange is hidden behind the backward pass.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { median } from './shared/median';

const isShaped = process.argv[2] === 'shaped';
const [network = 'resnet20', size = '32', batch = '32', rounds = '3', steps = '20'] = process.argv.slice(
  isShaped ? 3 : 2,
);
const program = fileURLToPath(new URL('distributed-step.mjs', import.meta.url));
const peer = fileURLToPath(new URL('../peers/torch_ddp.py', import.meta.url));
const shaped = fileURLToPath(new URL('../../examples/distributed/network/shaped.sh', import.meta.url));
const python = process.env['ZOO_ORACLE_PYTHON'];
/** A rank that does not know that it is one. */
const UNRANKED = ['OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE'].flatMap((name) => ['-u', name]);
const MPIRUN = ['mpirun.openmpi', '--allow-run-as-root', '--oversubscribe', '--bind-to', 'none'];

function lastNumber([command, ...args]: readonly string[]): number {
  const { stdout, stderr, status } = spawnSync(command!, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim().split('\n').at(-1));
}

const stepMs = (launcher: readonly string[], mode: string): number =>
  lastNumber([...launcher, process.execPath, program, network, size, batch, steps, mode]);

function inTurn(runs: Readonly<Record<string, () => number>>): Record<string, number> {
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, [] as number[]]));
  for (let round = 0; round < Number(rounds); round++) {
    for (const [name, run] of Object.entries(runs)) times[name]!.push(run());
  }
  return Object.fromEntries(Object.entries(times).map(([name, each]) => [name, median(each)]));
}

console.log(`${network}, ${size} px, ${batch} pictures a rank and step, one thread a rank`);
if (isShaped) {
  const launcher = [shaped, '2', '1gbit'];
  const times = inTurn({
    silent: () => stepMs(launcher, 'silent'),
    behind: () => stepMs(launcher, 'behind'),
    overlap: () => stepMs(launcher, 'overlap'),
  });
  const [exchange, shown] = [times['behind']! - times['silent']!, times['overlap']! - times['silent']!];
  for (const [name, ms] of Object.entries(times)) console.log(`${name.padEnd(8)} ${ms.toFixed(0)} ms a step`);
  console.log(
    `exchange ${exchange.toFixed(0)} ms, of which overlap hides ${(100 * (1 - shown / exchange)).toFixed(0)} %`,
  );
} else {
  const torch = (ranks: number) => lastNumber([python!, peer, network, size, batch, steps, `${ranks}`]);
  const times = inTurn({
    'zoo 1': () => stepMs([...MPIRUN, '-n', '1'], 'overlap'),
    'zoo 2': () => stepMs([...MPIRUN, '-n', '2'], 'overlap'),
    // What two cores of this machine can have at all: two runs beside each other that know nothing of one another.
    'apart 2': () => stepMs([...MPIRUN, '-n', '2', 'env', ...UNRANKED], 'overlap'),
    ...(python !== undefined && { 'torch 1': () => torch(1), 'torch 2': () => torch(2) }),
  });
  for (const name of ['zoo', 'apart', 'torch']) {
    const [one, two] = [times[`${name} 1`] ?? times['zoo 1'], times[`${name} 2`]];
    if (one === undefined || two === undefined) continue;
    const rate = (ranks: number, ms: number): string => ((1000 * ranks * Number(batch)) / ms).toFixed(0);
    console.log(
      `${name.padEnd(6)} 1 rank ${rate(1, one)} pictures/s, 2 ranks ${rate(2, two)}: ${((2 * one) / two).toFixed(2)} times`,
    );
  }
}
