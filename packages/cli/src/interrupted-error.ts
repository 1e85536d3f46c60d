/** The user interrupted a command that has put its affairs in order; the message says how to go on. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
