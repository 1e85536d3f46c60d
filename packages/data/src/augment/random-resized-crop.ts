import type { Random } from '@zoo/core';
import { readOptions, type AnyRowWithDefault, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { FIT_IMAGE_OPTIONS } from '../image/fit-image';
import type { ImageRegion } from '../image/resize-image';

import type { Augmentation, TargetSize } from './augmentation';
import { expectRange, POSITIVE_RANGE, type NumberRange } from './expect-range';
import { planned } from './planned';

/** Options of {@link randomResizedCrop}, as data. */
export const RANDOM_RESIZED_CROP_OPTIONS = {
  /** Share of the picture's area that is kept. Default [0.08, 1]. */
  scale: {
    type: 'any',
    expected: 'a range above 0, up to 1',
    check: (argument, value) => expectRange(argument, value, Number.MIN_VALUE, 1),
    default: [0.08, 1],
  } as AnyRowWithDefault<NumberRange>,
  /** Width divided by height of what is kept; drawn evenly on a logarithmic scale. Default [3/4, 4/3]. */
  ratio: { ...POSITIVE_RANGE, default: [3 / 4, 4 / 3] },
  /** Default `antialias`. */
  resize: FIT_IMAGE_OPTIONS.resize,
} as const satisfies OptionTable;

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions extends OptionsOf<typeof RANDOM_RESIZED_CROP_OPTIONS> {}

/**
 * Cuts out a rectangle of random size, shape and place and resizes it to the batch's size.
 *
 * Inception's augmentation, drawn as torchvision's RandomResizedCrop draws it: ten tries, then the largest middle part.
 */
export function randomResizedCrop(options: RandomResizedCropOptions = {}): Augmentation {
  const { scale, ratio, resize } = readOptions(RANDOM_RESIZED_CROP_OPTIONS, options);
  return planned('randomResizedCrop', { scale, ratio, resize }, (size, random, { height, width }) => [
    { kind: 'resize', region: drawRegion(size, random, scale, ratio), height, width, method: resize },
  ]);
}

const TRIES = 10;

function drawRegion(
  { height, width }: TargetSize,
  random: Random,
  scale: NumberRange,
  ratio: NumberRange,
): ImageRegion {
  const logarithms = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = height * width * random.uniformBetween(...scale);
    const aspect = Math.exp(random.uniformBetween(...logarithms));
    const cropWidth = Math.round(Math.sqrt(area * aspect));
    const cropHeight = Math.round(Math.sqrt(area / aspect));
    if (cropWidth < 1 || cropHeight < 1 || cropWidth > width || cropHeight > height) continue;
    return {
      top: random.integer(0, height - cropHeight),
      left: random.integer(0, width - cropWidth),
      height: cropHeight,
      width: cropWidth,
    };
  }
  return largestMiddle(height, width, ratio);
}

function largestMiddle(height: number, width: number, [minimum, maximum]: NumberRange): ImageRegion {
  const ratio = width / height;
  const cropHeight = ratio < minimum ? Math.max(1, Math.round(width / minimum)) : height;
  const cropWidth = ratio > maximum ? Math.max(1, Math.round(height * maximum)) : width;
  return {
    top: (height - cropHeight) >> 1,
    left: (width - cropWidth) >> 1,
    height: Math.min(height, cropHeight),
    width: Math.min(width, cropWidth),
  };
}
