import { ZooError } from '@zoo/core';

/** How to ask: see {@link request}. */
export interface RequestOptions {
  /** The first byte wanted. Default 0. */
  fromByte?: number;
  signal?: AbortSignal | undefined;
  /** What to do if nothing answers, as a sentence. */
  advice: string;
}

/**
 * The server's answer, from a byte on. 416 passes: there is nothing from that byte on.
 *
 * @throws ZooError 'download' if the server can't be reached or refuses; the signal's reason if it is aborted.
 */
export async function request(
  url: string,
  { fromByte = 0, signal, advice }: RequestOptions,
): Promise<Response> {
  let response: Response;
  try {
    const headers = fromByte > 0 ? { range: `bytes=${fromByte}-` } : undefined;
    response = await fetch(url, { ...(headers && { headers }), ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ZooError('download', `${url} could not be reached. ${advice}`, { cause: error });
  }
  if (response.ok || response.status === 416) return response;
  await response.body?.cancel();
  throw new ZooError('download', `${url} answered with status ${response.status} ${response.statusText}.`);
}

/** The error of a file that is not what was published. */
export function wrongContent(
  url: string,
  { algorithm, digest }: { algorithm: string; digest: string },
  advice: string,
): ZooError {
  return new ZooError(
    'download',
    `${url} served a file whose ${algorithm} is not ${digest}; it was not kept. ${advice}`,
  );
}
