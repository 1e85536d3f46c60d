import { Transfer } from '@zoo/core';

/** Bytes that a picture from an address may have at most. */
const MAXIMUM_BYTES = 64 * 1024 * 1024;
/** How long an address may take to send a picture. */
const TIMEOUT_MS = 30_000;

/**
 * The bytes that `address` sends.
 *
 * @throws ZooError 'download' if it does not answer, refuses, takes longer than 30 seconds or sends more than 64 MiB; the signal's
 *   reason if it is aborted.
 */
export async function fetchPicture(
  address: string | URL,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const requests = { totalTimeoutMs: TIMEOUT_MS, maximumBytes: MAXIMUM_BYTES };
  const answer = await new Transfer({ signal, requests }).request(address);
  return answer.bytes();
}
