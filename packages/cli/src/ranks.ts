import { availableParallelism, cpus, hostname } from 'node:os';
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { ZooError } from '@zoo/core';
import { openCommunicator, readLaunch, type Communicator } from '@zoo/train/distributed';

import { FailedCommandError, InterruptedError } from './command-errors';
import { noteLine, type CommandIo } from './command-io';
import type { EngineOptions } from './start-engine';

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

/** The engine's options for this rank: its share of the machine's processors, and the graphics card of its number. */
export async function engineOfRank<Options extends EngineOptions>(
  options: Options,
  ranks: Communicator,
): Promise<Options> {
  if (ranks.size === 1) return options;
  const hosts = await ranks.gatherValues(ranks.host);
  const neighbors = hosts.filter((host) => host === ranks.host).length;
  const threads = Math.max(1, Math.min(availableParallelism(), Math.floor(cpus().length / neighbors)));
  const card = process.env['ZOO_GPU'] === undefined && neighbors > 1 ? { card: `${ranks.localRank}` } : {};
  return { threads, ...card, ...options };
}

/** Throws, on all ranks, unless all compute on one engine: others round in other ways, and weights would drift apart. */
export async function expectOneEngine(name: string, ranks: Communicator): Promise<void> {
  const names = await ranks.gatherValues(name);
  const other = names.findIndex((each) => each !== names[0]);
  if (other === -1) return;
  throw new ZooError(
    'engine-unavailable',
    `Rank 0 computes on ${names[0]} and rank ${other} on ${names[other]}. Name one that all machines have with --engine.`,
  );
}
