import { isZooError } from '@zoo/core';

/** Why a request is not answered with what it asks for. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    /** The HTTP status. */
    readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 429 | 503,
    message: string,
    /** Seconds after which to try again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** What the client is told of an error: its own mistakes in words, and of ours only that there was one. */
export function refusalOf(error: unknown, signal?: AbortSignal): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (signal?.aborted === true)
    return new Refusal(503, 'The answer took longer than this server allows. Try again later.', 1);
  if (
    isZooError(error) &&
    ['invalid-file', 'invalid-argument', 'unsupported', 'download', 'not-finite'].includes(error.code)
  )
    return new Refusal(400, error.message);
  return undefined;
}
