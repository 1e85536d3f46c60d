import { CommanderError } from 'commander';

import { noteLine, processIo, type CommandIo } from './command-io';
import { InterruptedError } from './interrupted-error';
import { styled } from './output/style';
import { createProgram } from './program';

/** Exit statuses of the zoo command. */
export const EXIT_STATUS = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs the zoo command and returns its exit status: 0, 1 for a failure, 2 for wrong usage, 130 after an interruption.
 *
 * Never throws and never ends the process. An error is one sentence on `stderr`; `--debug` adds its stack trace.
 *
 * @param argv What stands behind `zoo` on the command line.
 * @param io The command's surroundings. Default: this process's.
 */
export async function run(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  try {
    await createProgram(io).parseAsync(argv, { from: 'user' });
    return EXIT_STATUS.success;
  } catch (error) {
    return await reportError(error, io, argv.includes('--debug'));
  }
}

async function reportError(error: unknown, io: CommandIo, debug: boolean): Promise<number> {
  if (error instanceof CommanderError) {
    // Commander has written its message, or the help or version that was asked for.
    return error.exitCode === 0 ? EXIT_STATUS.success : EXIT_STATUS.usage;
  }
  if (error instanceof InterruptedError) {
    noteLine(io, error.message);
    return EXIT_STATUS.interrupted;
  }
  const message = error instanceof Error ? error.message : String(error);
  noteLine(io, `${styled('red', 'error:', io.stderr, io)} ${message.trim()}`);
  // Imported here since it loads TensorFlow.js, which `zoo --help` can do without.
  const { isZooError } = await import('@zoo/core');
  if (debug) noteLine(io, stackWithCauses(error));
  else if (!isZooError(error))
    noteLine(io, 'Run the command again with --debug to see where this came from.');
  return EXIT_STATUS.failure;
}

function stackWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? String(error);
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${stackWithCauses(error.cause)}`;
}
