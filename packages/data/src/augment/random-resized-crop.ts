import { expectOneOf, RESIZE_METHODS, type Random, type ResizeMethod } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';
import { resizeRegion, type ImageRegion } from '../image/resize-image';

import type { Augmentation } from './augmentation';
import { expectRange, type NumberRange } from './expect-range';

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Share of the picture's area that is kept. Default [0.08, 1]. */
  scale?: NumberRange;
  /** Width divided by height of what is kept; drawn evenly on a logarithmic scale. Default [3/4, 4/3]. */
  ratio?: NumberRange;
  /** Default `antialias`. */
  resize?: ResizeMethod;
}

/**
 * Cuts out a rectangle of random size, shape and place and resizes it to the batch's size.
 *
 * Inception's augmentation, drawn as torchvision's RandomResizedCrop draws it: ten tries, then the largest middle part.
 */
export function randomResizedCrop(options: RandomResizedCropOptions = {}): Augmentation {
  const { resize = 'antialias' } = options;
  const scale = expectRange('options.scale', options.scale ?? [0.08, 1], Number.MIN_VALUE, 1);
  const ratio = expectRange('options.ratio', options.ratio ?? [3 / 4, 4 / 3], Number.MIN_VALUE);
  expectOneOf('options.resize', resize, RESIZE_METHODS);
  return {
    name: 'randomResizedCrop',
    settings: { scale, ratio, resize },
    apply: (image, random, target) =>
      resizeRegion(image, drawRegion(image, random, scale, ratio), target.height, target.width, resize),
  };
}

const TRIES = 10;

function drawRegion(
  { height, width }: DecodedImage,
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
