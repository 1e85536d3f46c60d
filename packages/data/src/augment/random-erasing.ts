import type { Random } from '@zoo/core';
import { readOptions, type AnyRowWithDefault, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { DecodedImage, RgbColor } from '../image/decoded-image';
import { expectColor } from '../image/image-size';
import type { ImageRegion } from '../image/resize-image';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { expectRange, POSITIVE_RANGE, type NumberRange } from './expect-range';

/** Options of {@link randomErasing}, as data. */
export const RANDOM_ERASING_OPTIONS = {
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
  /** Share of the picture's area that is erased. Default [0.02, 0.33]. */
  scale: {
    type: 'any',
    expected: 'a range from 0 to 1',
    check: (argument, value) => expectRange(argument, value, 0, 1),
    default: [0.02, 0.33],
  } as AnyRowWithDefault<NumberRange>,
  /** Height divided by width of what is erased; drawn evenly on a logarithmic scale. Default [0.3, 3.3]. */
  ratio: { ...POSITIVE_RANGE, default: [0.3, 3.3] },
  /** A colour, or `noise` for random bytes. Default `noise`. */
  fill: {
    type: 'any',
    expected: "[red, green, blue], or 'noise'",
    check: (argument, value) => (value === 'noise' ? value : expectColor(argument, value)),
    default: 'noise',
  } as AnyRowWithDefault<RgbColor | 'noise'>,
} as const satisfies OptionTable;

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions extends OptionsOf<typeof RANDOM_ERASING_OPTIONS> {}

/** Overwrites a random rectangle (Zhong et al. 2017), drawn as torchvision's RandomErasing draws it. */
export function randomErasing(options: RandomErasingOptions = {}): Augmentation {
  const { probability, scale, ratio, fill } = readOptions(RANDOM_ERASING_OPTIONS, options);
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
