import { isHdf5, openHdf5 } from '../hdf5/hdf5-file';
import type { FileTexts } from '../model/restore-metadata';
import { invalidFile, readWithin, strangeFile, type ByteSource } from '../source/byte-source';
import { isZip, readZip } from '../source/zip';

import { isKerasArchive, readKerasArchive } from './keras-archive';
import type { KerasFile } from './keras-file';
import { isLegacyH5, readLegacyH5, zooTexts } from './legacy-h5';
import { isWeightsH5, readWeightsH5, type WeightsH5 } from './weights-h5';
import { readWeightsShards } from './weights-shards';

/** True for what {@link openKerasFile} looks into: HDF5, an archive or an index of shards. */
export function isKerasContent(source: ByteSource, start: Uint8Array): boolean {
  return isHdf5(start) || isZip(start) || isShardsIndex(source, start);
}

function isShardsIndex(source: ByteSource, start: Uint8Array): boolean {
  return /\.json$/.test(source.name) && start[0] === OPENING_BRACE;
}

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
    const isTorchs = [...entries.keys()].some((name) => /(^|\/)data\.pkl$/.test(name));
    if (isTorchs) throw invalidFile(source.name, "is PyTorch's", 'loadTorchWeights reads it into a model.');
    throw invalidFile(source.name, 'is an archive, but not one that Keras writes');
  }
  if (isShardsIndex(source, start)) return readWeightsShards(source);
  throw strangeFile(source.name, start);
}

const OPENING_BRACE = 0x7b;

function weightsOnly(name: string, weights: WeightsH5, metadata: FileTexts): KerasFile {
  const absent = { backend: undefined, modelConfig: undefined, trainingConfig: undefined };
  return { format: 'weights-h5', name, kerasVersion: '3', kerasMajor: 3, metadata, ...absent, ...weights };
}
