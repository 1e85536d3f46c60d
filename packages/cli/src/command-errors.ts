/** A command that was run for the user has failed and has printed why: the status alone is passed on. */
export class FailedCommandError extends Error {
  override readonly name = 'FailedCommandError';

  constructor(readonly status: number) {
    super(`The command ended with status ${status}.`);
  }
}

/** The user interrupted a command that has put its affairs in order; the message says how to go on. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
