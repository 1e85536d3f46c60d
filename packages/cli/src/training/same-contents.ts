import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';

import { createRandom, ZooError } from '@zoo/core';
import type { ImageExample, ImageSet, ReadableImageSet } from '@zoo/data';
import type { Communicator } from '@zoo/train/distributed';

import type { DataSets } from './data-sets';
import { pictureName } from './picture-name';

/** Files whose sizes are compared, at most. */
const SIZES = 50_000;
/** Files that are read, at most: where one in a hundred is another, 256 find one in 92 of 100 runs. */
const CONTENTS = 256;
/** Bytes of a file that are read, at most. */
const READ_BYTES = 2 ** 20;

/** A picture with its set, from which it may have to be read. */
interface Compared {
  readonly set: ImageSet & Partial<ReadableImageSet>;
  readonly example: ImageExample;
}

/**
 * Throws, on all ranks, where one has other pictures under the same names, as far as a sample shows: the sizes of up to 50,000 files, and
 * the first MiB of 256 of them.
 *
 * A picture that a rank can't read is left to the loader, which says what is wrong with it.
 *
 * @throws ZooError `communicator` that names the first rank with other pictures, and one of them.
 */
export async function expectSameContents(
  { train, validation }: DataSets,
  ranks: Communicator,
): Promise<void> {
  const all = [train, validation].flatMap((set) => set.examples.map((example) => ({ set, example })));
  // One order on all ranks, in which a copy that ended early and one in which every tenth file is another show alike.
  const order = createRandom(0).fork('compared').permutation(all.length);
  const compared = Array.from(order.subarray(0, SIZES), (place) => all[place]!);
  const own = await marksOf(compared);
  const expected = await ranks.broadcastValue(own);
  const others = compared.filter((_, index) => {
    const [mine, first] = [own[index], expected[index]];
    return mine !== undefined && first !== undefined && mine !== first;
  });
  const answers = await ranks.gatherValues({
    host: ranks.host,
    count: others.length,
    name: others[0] && pictureName(others[0].set, others[0].example),
  });
  const other = answers.findIndex(({ count }) => count > 0);
  if (other === -1) return;
  const { host, count, name } = answers[other]!;
  const more = count > 1 ? ` and ${count - 1} more` : '';
  throw new ZooError(
    'communicator',
    `Rank ${other} on ${host} has other pictures than rank 0 under the same names: ${name}${more} of the ${compared.length} that were compared. ` +
      'Give all machines the same pictures.',
  );
}

/** What tells each picture from another one: its size, of the first ones also a hash; undefined where it can't be read. */
async function marksOf(compared: readonly Compared[]): Promise<(string | undefined)[]> {
  const sizes = await Promise.all(compared.map(({ set, example }) => sizeOf(set, example)));
  // One after the other: the files may be large.
  for (let index = 0; index < Math.min(CONTENTS, compared.length); index++) {
    const size = sizes[index];
    if (size === undefined) continue;
    const hash = await hashOf(compared[index]!).catch(() => undefined);
    sizes[index] = hash && `${size} ${hash}`;
  }
  return sizes;
}

async function sizeOf({ readImage }: Compared['set'], { path }: ImageExample): Promise<string | undefined> {
  if (readImage !== undefined) return '';
  const status = await stat(path).catch(() => undefined);
  // A pipe would be waited for.
  return status?.isFile() === true ? `${status.size}` : undefined;
}

async function hashOf({ set, example }: Compared): Promise<string> {
  const bytes =
    set.readImage === undefined
      ? await startOfFile(example.path)
      : (await set.readImage(example)).pixels.subarray(0, READ_BYTES);
  return createHash('sha256').update(bytes).digest('base64');
}

async function startOfFile(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { bytesRead, buffer } = await file.read(new Uint8Array(READ_BYTES), 0, READ_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file?.close();
  }
}
