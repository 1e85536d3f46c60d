import { ZooError } from '@zoo/core';
import type { ImageBatchSource } from '@zoo/data';
import { imageBatches, type ImageFolder } from '@zoo/data/node';

import type { PictureReading } from './picture-reading';

/** The set's pictures in its order, read as the model wants them and not augmented. */
export function measuredBatches(
  set: Pick<ImageFolder, 'classNames' | 'examples'>,
  { preprocessing }: Pick<PictureReading, 'preprocessing'>,
  batchSize: number,
  onCorrupt: 'error' | 'skip' = 'error',
): Promise<ImageBatchSource> {
  const { colorMode, ...reading } = preprocessing;
  if (colorMode !== 'rgb') {
    throw new ZooError(
      'unsupported',
      'Expected a model that reads pictures of 3 channels but it reads 1. zoo predict can use it; measuring needs colour.',
    );
  }
  return imageBatches(set, { ...reading, batchSize, onCorrupt, shuffle: false });
}
