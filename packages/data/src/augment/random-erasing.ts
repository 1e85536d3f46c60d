import { expectNumber, type Random } from '@zoo/core';

import type { DecodedImage, RgbColor } from '../image/decoded-image';
import { expectColor } from '../image/image-size';
import type { ImageRegion } from '../image/resize-image';

import type { Augmentation } from './augmentation';
import { expectRange, type NumberRange } from './expect-range';

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions {
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability?: number;
  /** Share of the picture's area that is erased. Default [0.02, 0.33]. */
  scale?: NumberRange;
  /** Height divided by width of what is erased; drawn evenly on a logarithmic scale. Default [0.3, 3.3]. */
  ratio?: NumberRange;
  /** A colour, or `noise` for random bytes. Default `noise`. */
  fill?: RgbColor | 'noise';
}

/** Overwrites a random rectangle (Zhong et al. 2017), drawn as torchvision's RandomErasing draws it. */
export function randomErasing(options: RandomErasingOptions = {}): Augmentation {
  const { probability = 0.5, fill = 'noise' } = options;
  expectNumber('options.probability', probability, { minimum: 0, maximum: 1 });
  const scale = expectRange('options.scale', options.scale ?? [0.02, 0.33], 0, 1);
  const ratio = expectRange('options.ratio', options.ratio ?? [0.3, 3.3], Number.MIN_VALUE);
  if (fill !== 'noise') expectColor('options.fill', fill);
  return {
    name: 'randomErasing',
    settings: { probability, scale, ratio, fill },
    apply: (image, random) => {
      if (random.uniform() >= probability) return image;
      const region = drawErased(image, random, scale, ratio);
      if (region !== undefined) overwrite(image, region, fill, random);
      return image;
    },
  };
}

function drawErased(
  { height, width }: DecodedImage,
  random: Random,
  scale: NumberRange,
  ratio: NumberRange,
): ImageRegion | undefined {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * random.uniformBetween(...scale);
    const aspect = Math.exp(random.uniformBetween(Math.log(ratio[0]), Math.log(ratio[1])));
    const erasedHeight = Math.round(Math.sqrt(area * aspect));
    const erasedWidth = Math.round(Math.sqrt(area / aspect));
    if (erasedHeight >= height || erasedWidth >= width) continue;
    return {
      top: random.integer(0, height - erasedHeight),
      left: random.integer(0, width - erasedWidth),
      height: erasedHeight,
      width: erasedWidth,
    };
  }
  return undefined;
}

function overwrite(
  { pixels, width }: DecodedImage,
  region: ImageRegion,
  fill: RgbColor | 'noise',
  random: Random,
): void {
  for (let y = region.top; y < region.top + region.height; y++) {
    const start = (y * width + region.left) * 3;
    for (let i = 0; i < region.width * 3; i++) {
      pixels[start + i] = fill === 'noise' ? random.integer(0, 255) : fill[i % 3]!;
    }
  }
}
