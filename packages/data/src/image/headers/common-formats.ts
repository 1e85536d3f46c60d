import type { FormatReader } from '../picture-format';

import { isJpeg, readJpegHeader } from './jpeg-header';
import { isPng, readPngHeader } from './png-header';
import { isWebp, readWebpHeader } from './webp-header';

/** Formats of most pictures: a page fetches the readers of all others with the first of those. */
export const COMMON_FORMATS: readonly FormatReader[] = [
  { format: 'jpeg', matches: isJpeg, read: readJpegHeader },
  { format: 'png', matches: isPng, read: readPngHeader },
  { format: 'webp', matches: isWebp, read: readWebpHeader },
];
