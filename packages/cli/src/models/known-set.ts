import { ArgumentError, cacheDirectory } from '@zoo/core';
import { KNOWN_SETS, knownSetNames, openKnownSet, type KnownSet, type KnownSetName } from '@zoo/data/node';

import type { CommandIo } from '../command-io';
import { progressLine } from '../output/progress-line';

const PREFIX = 'set:';

/** True for `set:imagenette-160`, which names a known data set and no folder. */
export function isKnownSet(place: string): boolean {
  return place.startsWith(PREFIX);
}

/**
 * The known data set that `place` names, downloaded where the cache lacks it, with progress on standard error.
 *
 * @throws ArgumentError for a name that is not known; what `openKnownSet` throws.
 */
export async function knownSet(place: string, io: CommandIo): Promise<KnownSet> {
  const name = place.slice(PREFIX.length);
  // Without an archive there is nothing but folders to give, of another layout.
  const names = knownSetNames().filter((each) => 'archive' in KNOWN_SETS[each]);
  if (!(names as string[]).includes(name)) {
    throw new ArgumentError('<folder>', `a folder, or ${PREFIX} with one of ${names.join(', ')}`, place);
  }
  const lines = {
    download: progressLine(io, `bytes of ${name} downloaded`),
    unpack: progressLine(io, `bytes of ${name} unpacked`),
  };
  try {
    return await openKnownSet(name as KnownSetName, {
      cacheDirectory: cacheDirectory(io.environment),
      onProgress: ({ step, doneBytes, totalBytes }) => {
        if (totalBytes !== undefined) lines[step].update(doneBytes, totalBytes);
      },
    });
  } finally {
    lines.download.clear();
    lines.unpack.clear();
  }
}
