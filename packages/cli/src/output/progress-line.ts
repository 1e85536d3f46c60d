import type { CommandIo } from '../command-io';

/** Shows how far a long piece of work has come. */
export interface ProgressLine {
  update(done: number, total: number): void;
  /** Takes away what must not stay on the screen. */
  clear(): void;
}

/** Between two changes of the line in a terminal. */
const TERMINAL_MS = 100;
/** Between two lines elsewhere. */
const LINE_MS = 30_000;

/**
 * In a terminal one line on standard error that changes; elsewhere a line now and then, without control characters.
 *
 * @param noun What is counted: `pictures`.
 */
export function progressLine(io: CommandIo, noun: string, now = () => performance.now()): ProgressLine {
  const isTerminal = io.stderr.isTTY === true && io.environment['TERM'] !== 'dumb';
  let last = isTerminal ? -Infinity : now();
  let isDrawn = false;
  const clear = (): void => {
    // Moves to the line's start and erases to its end (ECMA-48, EL).
    if (isDrawn) io.stderr.write('\r\u001b[K');
    isDrawn = false;
  };
  return {
    update: (done, total) => {
      if (now() - last < (isTerminal ? TERMINAL_MS : LINE_MS)) return;
      last = now();
      clear();
      io.stderr.write(`${done} of ${total} ${noun}${isTerminal ? '' : '\n'}`);
      isDrawn = isTerminal;
    },
    clear,
  };
}
