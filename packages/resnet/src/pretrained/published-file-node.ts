import { homedir } from 'node:os';
import { join } from 'node:path';

import { cacheDirectory } from '@zoo/core';
import type { WeightFile } from '@zoo/weights';
import { downloadVerified, hasHash } from '@zoo/weights/node';

import type { PretrainedEntry } from './catalogue';
import type { LoadingOptions } from './loading-options';

/** The path of the verified file: in Keras' cache or in the zoo's, downloaded if neither has it. */
export async function publishedFile(entry: PretrainedEntry, options: LoadingOptions): Promise<WeightFile> {
  const { kerasDirectory = join(process.env['KERAS_HOME'] ?? join(homedir(), '.keras'), 'models') } = options;
  const kerasPath = join(kerasDirectory, entry.fileName);
  // A file of the same name may be the other ResNet-50: only the hash tells.
  if (await hasHash(kerasPath, entry.hash, options.signal)) return kerasPath;
  const path = join(options.cacheDirectory ?? cacheDirectory(), 'weights', entry.name, entry.fileName);
  const { sizeBytes } = entry;
  await downloadVerified(entry.url, path, entry.hash, {
    ...options,
    ...(sizeBytes !== undefined && { sizeBytes }),
  });
  return path;
}
