import { printable } from '@zoo/core/options';

/** Where a command's text goes: a Node stream. */
export type OutputStream = NodeJS.WritableStream & {
  /** True for a terminal: colours and a moving progress bar are for those alone. */
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
};

/** Where bytes come from: a Node stream. */
export type InputStream = NodeJS.ReadableStream & {
  /** True for a terminal, from which no picture comes. */
  readonly isTTY?: boolean;
};

/** The streams, environment and signals that a command uses, so that it can run several times in any process. */
export interface CommandIo {
  /** What a program before it in a pipe writes; read where a command is asked for `-`. */
  readonly stdin: InputStream;
  /** Results: what the next program of a pipe reads. */
  readonly stdout: OutputStream;
  /** Progress, remarks and errors. */
  readonly stderr: OutputStream;
  /** Environment variables: `NO_COLOR`, `FORCE_COLOR` and `TERM` are read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * A signal that is aborted when the user interrupts (Ctrl-C) or the process is asked to end (SIGTERM, SIGUSR2).
   *
   * Called by commands that have something to put in order first: training writes a checkpoint. Until it is called an
   * interruption ends the process as ever.
   */
  interruption(): AbortSignal;
}

/** The streams, environment and signals of this process. */
export function processIo(): CommandIo {
  let controller: AbortController | undefined;
  return {
    // On demand: opening it makes the process wait for it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    interruption: () => (controller ??= abortOnInterruption()).signal,
  };
}

function abortOnInterruption(): AbortController {
  const controller = new AbortController();
  const abort = (signal: NodeJS.Signals) => controller.abort(new Error(`interrupted by ${signal}`));
  // Once only: a second Ctrl-C, for those in a hurry, ends the process at once.
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  // mpirun passes this signal on to its ranks; it handles SIGTERM itself.
  if (process.platform !== 'win32') process.once('SIGUSR2', abort);
  return controller;
}

/** Writes a line of result. */
export function printLine(io: CommandIo, line = ''): void {
  io.stdout.write(`${line}\n`);
}

/**
 * Writes a line that is no result: a remark on what is being done. What a file's or a class's name would draw on a terminal is shown
 * escaped.
 */
export function noteLine(io: CommandIo, line: string): void {
  io.stderr.write(`${printable(line, Infinity)}\n`);
}

/** Says which pictures `--on-corrupt skip` left out, each with its problem. */
export function noteSkipped(io: CommandIo, corrupt: readonly { readonly problem: string }[]): void {
  if (corrupt.length === 0) return;
  noteLine(
    io,
    `skipped ${corrupt.length} ${corrupt.length === 1 ? 'picture' : 'pictures'} that can't be read:`,
  );
  for (const { problem } of corrupt) noteLine(io, `  ${problem}`);
}

/** Writes a value as JSON, for programs. */
export function printJson(io: CommandIo, value: unknown): void {
  printLine(io, JSON.stringify(value, undefined, 2));
}
