import type { ZooError } from '@zoo/core';

import { isHdf5, openHdf5 } from '../hdf5/hdf5-file';
import type { FileTexts } from '../model/restore-metadata';
import { invalidFile, readWithin, type ByteSource } from '../source/byte-source';
import { isZip, readZip } from '../source/zip';

import { isKerasArchive, readKerasArchive } from './keras-archive';
import type { KerasFile } from './keras-file';
import { isLegacyH5, readLegacyH5, zooTexts } from './legacy-h5';
import { isWeightsH5, readWeightsH5, type WeightsH5 } from './weights-h5';
import { readWeightsShards } from './weights-shards';

/** Recognises a Keras file by its content, whatever its name, and reads its directory. */
export async function openKerasFile(source: ByteSource): Promise<KerasFile> {
  const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
  if (isHdf5(start)) {
    const root = await openHdf5(source);
    if (await isLegacyH5(root)) return readLegacyH5(root, source.name);
    if (isWeightsH5(root)) {
      return weightsOnly(source.name, await readWeightsH5([root], source.name), await zooTexts(root));
    }
    throw invalidFile(source.name, 'is an HDF5 file, but holds no weights as Keras writes them');
  }
  if (isZip(start)) {
    const entries = await readZip(source);
    if (isKerasArchive(entries)) return readKerasArchive(source, entries);
    throw invalidFile(source.name, 'is an archive, but not one that Keras writes');
  }
  if (/\.json$/.test(source.name) && start[0] === OPENING_BRACE) return readWeightsShards(source);
  throw strangeFile(source.name, start);
}

const OPENING_BRACE = 0x7b;

function weightsOnly(name: string, weights: WeightsH5, metadata: FileTexts): KerasFile {
  const absent = { backend: undefined, modelConfig: undefined, trainingConfig: undefined };
  return { format: 'weights-h5', name, kerasVersion: '3', kerasMajor: 3, metadata, ...absent, ...weights };
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
