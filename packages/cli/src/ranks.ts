import { availableParallelism, cpus, hostname } from 'node:os';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { isZooError, ZooError } from '@zoo/core';
import type { SelectedEngine } from '@zoo/engine';
import { openCommunicator, readLaunch, type Communicator } from '@zoo/train/distributed';

import { FailedCommandError, InterruptedError } from './command-errors';
import { noteLine, type CommandIo } from './command-io';
import { withEngine, type EngineOptions } from './start-engine';

/** Time that rank 0 has to report an error that all ranks have, before another rank reports its own. */
const REPORT_MS = 2000;

/**
 * Runs a command on the ranks of the MPI program that this process belongs to, or on the one that it is where no launcher started it.
 *
 * Rank 0 speaks for all. An error of any rank is reported once and ends the launcher's program: the process that failed ends with a
 * status, upon which launchers end the others. An interruption, as by a scheduler that takes the machines back (SIGTERM), has been put
 * in order on all ranks, and ends in success.
 */
export async function onAllRanks(
  io: CommandIo,
  use: (ranks: Communicator, io: CommandIo) => Promise<void>,
): Promise<void> {
  const { rank, size } = readLaunch() ?? { rank: 0, size: 1 };
  const isFirst = rank === 0;
  try {
    const ranks = await openCommunicator();
    const rankIo = isFirst ? io : quiet(io);
    if (size > 1) noteLine(rankIo, await describeRanks(ranks));
    await useRanks(ranks, rankIo, use);
  } catch (error) {
    if (!isFirst) await letFirstReport(rank, io);
    throw error;
  }
}

async function useRanks(
  ranks: Communicator,
  io: CommandIo,
  use: (ranks: Communicator, io: CommandIo) => Promise<void>,
): Promise<void> {
  try {
    await use(ranks, io);
  } catch (error) {
    if (ranks.size === 1 || !(error instanceof InterruptedError)) throw error;
    noteLine(io, error.message);
  }
  // The other ranks wait here and print nothing while rank 0 writes the results.
  await ranks.barrier();
  await ranks.finalize();
}

/**
 * Waits until rank 0 would have reported an error that all ranks have, and says whose error follows where it has not.
 *
 * @throws FailedCommandError if the launcher ends this rank meanwhile, since another has reported.
 */
async function letFirstReport(rank: number, io: CommandIo): Promise<void> {
  const signal = io.interruption();
  const isEnded = !signal.aborted && (await delay(REPORT_MS, false, { signal }).catch(() => true));
  if (isEnded) throw new FailedCommandError(1);
  noteLine(io, `Rank ${rank}, on ${hostname()}:`);
}

async function describeRanks(ranks: Communicator): Promise<string> {
  const hosts = new Set(await ranks.gatherValues(ranks.host));
  return `ranks: ${ranks.size} on ${hosts.size === 1 ? 'one machine' : `${hosts.size} machines`}, ${ranks.library}`;
}

function quiet(io: CommandIo): CommandIo {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return { ...io, stdout: nowhere, stderr: nowhere, interruption: () => io.interruption() };
}

/** {@link withEngine} on every rank: its share of the machine's processors, and the graphics card of its number; one kind on all. */
export async function withEngineOfRank(
  options: EngineOptions,
  { ranks, io }: { ranks: Communicator; io: CommandIo },
  use: (engine: SelectedEngine) => Promise<void>,
): Promise<void> {
  const own = ranks.size === 1 ? options : await engineOfRank(options, ranks);
  try {
    await withEngine({ ...own, purpose: 'train' }, io, async (engine) => {
      await expectOneEngine(engine, ranks);
      await use(engine);
    });
  } catch (error) {
    if (own.card === options.card || !isZooError(error, 'engine-unavailable')) throw error;
    throw new ZooError(error.code, `${error.message} ${SHARE_CARDS}`);
  }
}

/** What to do where a rank has no card of its own. */
const SHARE_CARDS =
  'Each rank takes the card of its number on its machine: start no more than there are, or set ZOO_GPU=0 to let all take the first.';

async function engineOfRank(options: EngineOptions, ranks: Communicator): Promise<EngineOptions> {
  const hosts = await ranks.gatherValues(ranks.host);
  const neighbors = hosts.filter((host) => host === ranks.host).length;
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(cpus().length / neighbors)));
  const card = process.env['ZOO_GPU'] === undefined && neighbors > 1 ? { card: `${ranks.localRank}` } : {};
  return { threads, ...card, ...options };
}

/** Throws, on all ranks, unless all compute on one engine: others round in other ways, and weights would drift apart. */
async function expectOneEngine({ name, unavailable }: SelectedEngine, ranks: Communicator): Promise<void> {
  const engines = await ranks.gatherValues({ name, unavailable });
  const other = engines.findIndex((engine) => engine.name !== engines[0]!.name);
  if (other === -1) return;
  const describe = (rank: number, beside: number): string => {
    const engine = engines[rank]!;
    const missing = engine.unavailable.find((each) => each.name === engines[beside]!.name);
    return engine.name + (missing === undefined ? '' : ` (${missing.name}: ${missing.reason})`);
  };
  throw new ZooError(
    'communicator',
    `Rank 0 computes on ${describe(0, other)} and rank ${other} on ${describe(other, 0)}. Name one that all machines have with --engine. ${SHARE_CARDS}`,
  );
}
