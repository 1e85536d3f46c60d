import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';

import type { Classifier } from '@zoo/classify';
import { ArgumentError } from '@zoo/core';

/** Features of a picture as a cache file keeps them, with what tells whether the picture is still the same. */
export interface CachedFeatures {
  /** From the folder on. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly features: Float32Array;
}

const FORMAT = 'zoo-features-1';
/** Longer than a line of any network's features. */
const LINE_LIMIT = 1_000_000;

/** Reads a cache file from its beginning to its end, as far as it is asked for pictures, which must come in the file's order. */
export interface FeaturesReader {
  /** What the file has for the picture; undefined if nothing, or of another state of it. */
  find(path: string, status: { size: number; mtimeMs: number }): Promise<Float32Array | undefined>;
  close(): void;
}

/**
 * Checks that `file` may be written as a cache: it is absent or one already, be it damaged after its beginning.
 *
 * @param option What the user calls it: `--features`.
 * @throws ArgumentError for a file that holds something else, which would be lost.
 */
export async function expectFeaturesFile(option: string, file: string): Promise<void> {
  if ((await stat(file).catch(() => undefined)) === undefined) return;
  const beginning = `{"format":"${FORMAT}"`;
  let found = '';
  const pieces = createReadStream(file, { encoding: 'latin1', end: beginning.length - 1 });
  for await (const piece of pieces) found += piece as string;
  if (beginning.startsWith(found)) return;
  throw new ArgumentError(
    option,
    'a new file, or one that zoo similar has written,',
    file,
    'It holds something else, which would be lost.',
  );
}

/** A reader of `file`, which finds nothing where there is no such file, another network's, or a damaged one. */
export async function openFeatures(file: string, network: string): Promise<FeaturesReader> {
  const none: FeaturesReader = { find: () => Promise.resolve(undefined), close: () => undefined };
  if ((await stat(file).catch(() => undefined))?.isFile() !== true) return none;
  const stream = createReadStream(file, 'utf8');
  const lines = createInterface({ input: stream, crlfDelay: Infinity })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<unknown> => {
    const next: IteratorResult<string, unknown> = await lines.next();
    if (next.done === true || next.value.length > LINE_LIMIT) return undefined;
    try {
      return JSON.parse(next.value);
    } catch {
      return undefined;
    }
  };
  const head = (await nextLine()) as { format?: unknown; network?: unknown } | undefined;
  if (head?.format !== FORMAT || head.network !== network) {
    stream.destroy();
    return none;
  }
  let entry = readEntry(await nextLine());
  return {
    find: async (path, { size, mtimeMs }) => {
      while (entry !== undefined && entry.path < path) entry = readEntry(await nextLine());
      const isSame = entry?.path === path && entry.sizeBytes === size && entry.modifiedMs === mtimeMs;
      return isSame ? entry?.features : undefined;
    },
    close: () => stream.destroy(),
  };
}

/** The lines of a cache file. */
export async function* featuresLines(
  network: string,
  entries: AsyncIterable<CachedFeatures>,
): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  yield encoder.encode(`${JSON.stringify({ format: FORMAT, network })}\n`);
  for await (const { features, ...entry } of entries) {
    const bytes = Buffer.from(features.buffer, features.byteOffset, features.byteLength);
    yield encoder.encode(`${JSON.stringify({ ...entry, features: bytes.toString('base64') })}\n`);
  }
}

function readEntry(value: unknown): CachedFeatures | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { path, sizeBytes, modifiedMs, features } = value as Record<string, unknown>;
  if (typeof path !== 'string' || typeof features !== 'string') return undefined;
  if (typeof sizeBytes !== 'number' || typeof modifiedMs !== 'number') return undefined;
  const bytes = Uint8Array.from(Buffer.from(features, 'base64'));
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  return { path, sizeBytes, modifiedMs, features: new Float32Array(bytes.buffer) };
}

/** What tells a network that reads pictures in a certain way from every other: a hash of its weights and its preprocessing. */
export async function networkHash({ model, preprocessing }: Classifier): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(preprocessing));
  for (const weight of model.weights) {
    hash.update(`${weight.originalName} ${weight.shape.join(' ')}`);
    const values = await weight.read().data();
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}
