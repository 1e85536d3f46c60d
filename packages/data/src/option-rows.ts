import type { AnyRow } from '@zoo/core/options';

import type { ImageSize, RgbColor } from './image/decoded-image';
import { expectColor, heightAndWidth } from './image/image-size';

/** What is drawn follows from it. */
export const SEED = { type: 'integer', minimum: 0, default: 0 } as const;

/** How often something happens; the default is each table's own. */
export const PROBABILITY = { type: 'number', minimum: 0, maximum: 1 } as const;

/** A size in pixels, read as height and width. */
export const IMAGE_SIZE = {
  type: 'any',
  expected: 'a number of pixels or [height, width]',
  check: heightAndWidth,
} as AnyRow<ImageSize, readonly [height: number, width: number]>;

/** Red, green and blue. */
export const COLOR = {
  type: 'any',
  expected: '[red, green, blue], each from 0 to 255',
  check: expectColor,
} as AnyRow<RgbColor>;
