import { type PretrainedEntry, pretrainedEntries } from '../pretrained/catalogue';

import { hasHash } from './download';

/**
 * The catalogue's entry whose file this is, by its hash: two ResNet-50 files have one name and differ in all else.
 *
 * @returns undefined for a file that the catalogue lacks.
 */
export async function identifyWeights(path: string): Promise<PretrainedEntry | undefined> {
  for (const entry of pretrainedEntries()) {
    if (await hasHash(path, entry.hash)) return entry;
  }
  return undefined;
}
