import { publishedFileLimit, Transfer, wrongContent, ZooError } from '@zoo/core';
import type { WeightFile } from '@zoo/weights';

import type { PretrainedEntry } from './catalogue';
import type { LoadingOptions } from './loading-options';
import { md5 } from './md5';

const CACHE_NAME = 'zoo-weights';

const ADVICE =
  'Check the network. A page may read only what its own site serves, or what another allows it to (CORS): ' +
  'serve the file yourself and give its address, `weights: "/models/file.h5"`.';

/** What is used of the global `caches`, which Node's types lack. */
interface Caches {
  open(name: string): Promise<{
    match(address: string): Promise<Response | undefined>;
    put(address: string, response: Response): Promise<void>;
  }>;
}

/** The bytes of the verified file: from Cache Storage, or downloaded and kept there, where the page has such a store and room in it. */
export async function publishedFile(entry: PretrainedEntry, options: LoadingOptions): Promise<WeightFile> {
  // Pages that are not served over https have no cache storage.
  const cache = await (globalThis as { caches?: Caches }).caches?.open(CACHE_NAME);
  const kept = await (await cache?.match(entry.url))?.arrayBuffer();
  if (kept !== undefined && (await hasHash(kept, entry.hash))) return kept;
  const bytes = await download(entry, options);
  if (!(await hasHash(bytes.buffer, entry.hash))) {
    throw wrongContent(entry.url, entry.hash, 'Try again, or serve the right file yourself.');
  }
  // If the storage is full, nothing is kept; the network is still returned.
  await cache?.put(entry.url, new Response(bytes)).catch(() => undefined);
  return bytes;
}

async function download(
  { url, sizeBytes }: PretrainedEntry,
  options: LoadingOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, onProgress, requests } = options;
  const answer = await new Transfer({ signal, requests, advice: ADVICE }).request(url);
  const totalBytes = answer.announcedBytes;
  return answer.bytes({
    maximumBytes: publishedFileLimit(sizeBytes, options),
    onReceived: (receivedBytes) => onProgress?.({ receivedBytes, totalBytes }),
  });
}

async function hasHash(bytes: ArrayBuffer, { algorithm, digest }: PretrainedEntry['hash']): Promise<boolean> {
  const hash = algorithm === 'md5' ? md5(new Uint8Array(bytes)) : await sha256(bytes);
  const digits = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0'));
  return digits.join('').startsWith(digest);
}

async function sha256(bytes: ArrayBuffer): Promise<Uint8Array> {
  const { subtle } = crypto as Partial<typeof crypto>;
  if (subtle !== undefined) return new Uint8Array(await subtle.digest('SHA-256', bytes));
  throw new ZooError(
    'unsupported',
    'Browsers compute SHA-256, which verifies these weights, only on pages with https. Serve the page over https.',
  );
}
