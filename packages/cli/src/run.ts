import { CommanderError, type Command } from 'commander';

import { FailedCommandError, InterruptedError } from './command-errors';
import { noteLine, processIo, type CommandIo } from './command-io';
import { errorWords } from './error-words';
import { styled } from './output/style';
import { calledCommand, createProgram } from './program';

/** Exit statuses of the zoo command. */
export const EXIT_STATUS = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/**
 * Runs the zoo command and returns its exit status: 0, 1 for a failure, 2 for wrong usage, 130 after an interruption.
 *
 * Never throws and never ends the process. An error is one sentence on `stderr`; `--debug` adds its stack trace.
 *
 * @param argv The words after `zoo` on the command line.
 * @param io The command's streams, environment and signals. Default: this process's.
 */
export async function run(argv: readonly string[], io: CommandIo = processIo()): Promise<number> {
  let program: Command | undefined;
  try {
    program = await createProgram(argv, io);
    await program.parseAsync(argv, { from: 'user' });
    return EXIT_STATUS.success;
  } catch (error) {
    const command = program?.commands.find((each) => each.name() === calledCommand(argv));
    return await reportError(error, { io, command, debug: argv.includes('--debug') });
  }
}

interface Report {
  readonly io: CommandIo;
  /** The command that failed, if it was one. */
  readonly command: Command | undefined;
  /** True for a stack trace. */
  readonly debug: boolean;
}

async function reportError(error: unknown, { io, command, debug }: Report): Promise<number> {
  if (error instanceof CommanderError) {
    // Commander has written its message, or the help or version that was asked for.
    return error.exitCode === 0 ? EXIT_STATUS.success : EXIT_STATUS.usage;
  }
  if (error instanceof FailedCommandError) return error.status;
  if (error instanceof InterruptedError) {
    noteLine(io, error.message);
    return EXIT_STATUS.interrupted;
  }
  const message = errorWords(error, command);
  io.stderr.write(`${styled('red', 'error:', io.stderr, io)} `);
  noteLine(io, message.trim());
  // Imported here since it loads TensorFlow.js, which `zoo --help` can do without.
  const { isZooError } = await import('@zoo/core');
  if (debug) noteLine(io, stackWithCauses(error));
  else if (!isZooError(error) && !isSystemError(error))
    noteLine(io, 'Run the command again with --debug to see where this came from.');
  return EXIT_STATUS.failure;
}

/** What the operating system refuses: no bug, and nothing that a stack trace explains. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

function stackWithCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? String(error);
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${stackWithCauses(error.cause)}`;
}
