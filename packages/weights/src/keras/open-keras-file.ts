import type { ZooError } from '@zoo/core';

import { isHdf5, openHdf5 } from '../hdf5/hdf5-file';
import { invalidFile, readWithin, type ByteSource } from '../source/byte-source';

import type { KerasFile } from './keras-file';
import { isLegacyH5, readLegacyH5 } from './legacy-h5';

/** Recognises a Keras file by its content, whatever its name, and reads its directory. */
export async function openKerasFile(source: ByteSource): Promise<KerasFile> {
  const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
  if (isHdf5(start)) {
    const root = await openHdf5(source);
    if (await isLegacyH5(root)) return readLegacyH5(root, source.name);
    throw invalidFile(source.name, 'is an HDF5 file, but holds no weights as Keras writes them');
  }
  throw strangeFile(source.name, start);
}

/** The error for a file that is something else, with what it seems to be. */
export function strangeFile(name: string, start: Uint8Array): ZooError {
  const text = new TextDecoder('latin1').decode(start).trimStart().toLowerCase();
  if (start.length === 0) return invalidFile(name, 'is empty', 'Download or save it again.');
  if (text.startsWith('version https://git-lfs')) {
    return invalidFile(name, 'is a Git LFS pointer, not the file itself', 'Run `git lfs pull` to fetch it.');
  }
  if (text.startsWith('<')) {
    return invalidFile(name, 'is a web page', 'The download ended on a page: fetch the file itself.');
  }
  return invalidFile(name, 'is no weight file that can be recognised by its content');
}
