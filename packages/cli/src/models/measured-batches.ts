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
  return imageBatches(set, { ...preprocessing, batchSize, onCorrupt, shuffle: false });
}
