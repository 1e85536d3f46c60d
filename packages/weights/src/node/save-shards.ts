import { createHash, type Hash } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { groupContent, writeHdf5 } from '../hdf5/write-hdf5';
import type { WeightsShards } from '../keras/encode-weights-shards';

import { readRegularText } from './regular-file';
import { writeFileAtomically } from './write-file-atomically';

/** How the name of an index of shards ends. */
export const INDEX_ENDING = '.weights.json';

/**
 * Writes weights in several files and the index that leads to them. Shards are called after their content, the index is put in place when
 * all are complete, and only then the former shards go: whenever the process ends, the index leads to the old weights or to the new ones.
 */
export async function saveShards(
  { shards, index }: WeightsShards,
  path: string,
  options: { signal?: AbortSignal },
): Promise<void> {
  const directory = dirname(path);
  const base = basename(path, INDEX_ENDING);
  const former = await shardsIn(path);
  const names: string[] = [];
  try {
    for (const [i, shard] of shards.entries()) {
      const staged = join(directory, `.${base}_${i}.new`);
      const hash = createHash('sha256');
      try {
        await writeFileAtomically(staged, hashed(shard.pieces(), hash), options);
        const name = `${base}_${hash.digest('hex').slice(0, 12)}_${shardNumber(i)}.weights.h5`;
        await rename(staged, join(directory, name));
        names.push(name);
      } finally {
        await rm(staged, { force: true });
      }
    }
    // Keras opens a first shard by this name, whatever the index says, and then those that the index names.
    const first = join(directory, `${base}_${shardNumber(0)}.weights.h5`);
    const isThere = await stat(first).then(
      () => true,
      () => false,
    );
    const empty = () => writeFileAtomically(first, writeHdf5(groupContent()).pieces(), options);
    // The folder may hold weights that an earlier index names.
    if (!isThere) await empty();
    await writeFileAtomically(path, index(names), options);
    if (isThere) await empty();
  } catch (error) {
    const kept = new Set(await shardsIn(path));
    await removeFiles(
      directory,
      names.filter((name) => !kept.has(name)),
    );
    throw error;
  }
  const own = new Set([...names, `${base}_${shardNumber(0)}.weights.h5`]);
  await removeFiles(
    directory,
    former.filter((name) => !own.has(name) && name.startsWith(`${base}_`)),
  );
}

function shardNumber(i: number): string {
  return String(i).padStart(5, '0');
}

async function* hashed(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

/** The shards that an index names, such as are written here or by Keras; none where there is no index. */
async function shardsIn(path: string): Promise<string[]> {
  try {
    const { weight_map: map } = JSON.parse(await readRegularText(path)) as { weight_map: object };
    const names = new Set((Object.values(map) as unknown[]).flat());
    return [...names].filter(
      (name): name is string => typeof name === 'string' && /^[^/\\]+_\d{5}\.weights\.h5$/.test(name),
    );
  } catch {
    // If the folder is missing or unreadable, nothing is removed.
    return [];
  }
}

async function removeFiles(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(directory, name), { force: true });
}
