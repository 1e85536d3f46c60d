import { createHash } from 'node:crypto';

import { openRegularFile } from '@zoo/weights/node';

import { type PretrainedEntry, pretrainedEntries } from '../pretrained/catalogue';

/**
 * Finds the catalogue's entry of a file by its hash: two ResNet-50 files have the same name and differ in everything else.
 *
 * The file is read once, whatever the number of entries.
 *
 * @returns undefined for a file that the catalogue lacks.
 * @throws ZooError `invalid-file` for a file that can't be opened, and at once for named pipes, devices and folders.
 */
export async function identifyWeights(path: string): Promise<PretrainedEntry | undefined> {
  const hashes = { md5: createHash('md5'), sha256: createHash('sha256') };
  const file = await openRegularFile(path);
  // Closes the file when it ends.
  for await (const piece of file.createReadStream()) {
    for (const hash of Object.values(hashes)) hash.update(piece as Buffer);
  }
  const digests = { md5: hashes.md5.digest('hex'), sha256: hashes.sha256.digest('hex') };
  return pretrainedEntries().find(({ hash }) => digests[hash.algorithm].startsWith(hash.digest));
}
