import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { ZooError } from '@zoo/core';
import type { Command } from 'commander';

import { FailedCommandError } from '../command-errors';
import { type CommandIo, noteLine } from '../command-io';
import { flag } from '../flags';

import { examples } from './shared-options';

/** Declares `zoo supervise`. */
export function defineSupervise(command: Command, io: CommandIo): void {
  command
    .description(
      'Runs a command and starts it again when it fails: with `zoo train --continue` a run goes on from its last checkpoint after a rank, a ' +
        'machine or a driver has died. A request to end (SIGTERM) is passed on and is no failure.',
    )
    .argument('<command...>', 'the command, behind --')
    .addOption(
      flag('--max-restarts <count>', 'starts after the first one', {
        type: 'integer',
        minimum: 0,
        default: 3,
      }),
    )
    .addHelpText(
      'after',
      examples(
        'zoo supervise -- zoo train pictures --continue',
        'zoo supervise --max-restarts 10 -- mpirun -n 8 zoo train pictures --continue',
      ),
    )
    .action(async (words: [string, ...string[]], options: SuperviseOptions) => {
      const status = await supervise(words, options, io);
      if (status !== 0) throw new FailedCommandError(status);
    });
}

/** Options of `zoo supervise`. */
export interface SuperviseOptions {
  maxRestarts?: number;
}

/** Ways to end that another start would repeat: wrong usage, a program that is absent or can't be run. */
const FINAL_STATUSES: readonly number[] = [2, 126, 127];
/** A first wait before a start, doubled each time up to the longest. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/**
 * Runs a command and starts it again when it fails, up to `maxRestarts` times: with `zoo train --continue` a run goes on from its
 * last checkpoint after a machine, a rank or a driver has died.
 *
 * A request to end (SIGTERM, SIGINT) is passed on, and is no failure: schedulers that take machines back are obeyed.
 *
 * @param command The program and its arguments.
 * @returns The command's last status.
 * @throws ZooError `invalid-file` if there is no such program.
 */
export async function supervise(
  command: readonly [string, ...string[]],
  { maxRestarts = 3 }: SuperviseOptions,
  io: CommandIo,
): Promise<number> {
  const signal = io.interruption();
  const isAsked = (): boolean => signal.aborted;
  for (
    let restarts = 0, waitMs = FIRST_WAIT_MS;
    ;
    restarts++, waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
  ) {
    const status = await runOnce(command, signal);
    if (status === 0 || isAsked() || FINAL_STATUSES.includes(status)) return status;
    if (restarts === maxRestarts) {
      noteLine(io, `${command[0]} ended with status ${status} again, after ${restarts} restarts. Giving up.`);
      return status;
    }
    noteLine(io, `${command[0]} ended with status ${status}; restart ${restarts + 1} of ${maxRestarts}.`);
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    if (isAsked()) return status;
  }
}

/** The status of one run: 128 and the signal's number where one ended it, as shells say it. */
async function runOnce(
  [program, ...args]: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  const pass = (): void => {
    // A terminal sends Ctrl-C to the child too, and launchers take a second signal for haste.
    if (!String(signal.reason).includes('SIGINT')) child.kill('SIGTERM');
  };
  signal.addEventListener('abort', pass);
  try {
    const [code, ended] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (ended === null ? 0 : constants.signals[ended]);
  } catch (cause) {
    throw new ZooError(
      'invalid-file',
      `Expected a program that can be started but received ${program}: ${(cause as Error).message}. Is it installed, and on the PATH?`,
      { cause },
    );
  } finally {
    signal.removeEventListener('abort', pass);
  }
}
