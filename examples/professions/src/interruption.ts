import { constants } from 'node:os';

/** The user, or the system, asked the program to stop. */
export class Interruption extends Error {
  override readonly name = 'Interruption';

  /** @param signal SIGINT for Ctrl-C, or SIGTERM. */
  constructor(readonly signal: InterruptingSignal) {
    super(`Stopped by ${signal}.`);
  }

  /** What a shell expects of a program that a signal ended: 128 and the signal's number. */
  get exitStatus(): number {
    return 128 + constants.signals[this.signal];
  }
}

type InterruptingSignal = 'SIGINT' | 'SIGTERM';

/** A terminal's Ctrl-C reaches a program twice within a moment: from the terminal, and from npm, which passes it on. */
const SAME_KEY_MS = 400;

/**
 * Runs `work` with a signal that the first Ctrl-C aborts; the second one ends the process at once.
 *
 * @param onInterrupt Told about the first one.
 */
export async function interruptible<Result>(
  onInterrupt: () => void,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  let firstMs = 0;
  const interrupt = (signal: InterruptingSignal): void => {
    const interruption = new Interruption(signal);
    if (controller.signal.aborted) {
      if (performance.now() - firstMs > SAME_KEY_MS) process.exit(interruption.exitStatus);
      return;
    }
    firstMs = performance.now();
    onInterrupt();
    controller.abort(interruption);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
