import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

import { type PretrainedEntry, pretrainedEntries } from '../pretrained/catalogue';

/**
 * The catalogue's entry whose file this is, by its hash: two ResNet-50 files have one name and differ in all else.
 *
 * The file is read once, whatever the number of entries.
 *
 * @returns undefined for a file that the catalogue lacks.
 * @throws The file system's error, unchanged.
 */
export async function identifyWeights(path: string): Promise<PretrainedEntry | undefined> {
  const hashes = { md5: createHash('md5'), sha256: createHash('sha256') };
  for await (const piece of createReadStream(path)) {
    for (const hash of Object.values(hashes)) hash.update(piece as Buffer);
  }
  const digests = { md5: hashes.md5.digest('hex'), sha256: hashes.sha256.digest('hex') };
  return pretrainedEntries().find(({ hash }) => digests[hash.algorithm].startsWith(hash.digest));
}
