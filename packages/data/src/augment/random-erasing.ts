import type { Random } from '@zoo/core';
import {
  expectInteger,
  expectOneOf,
  PIXEL_NORMALIZATIONS,
  readOptions,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import type { DecodedImage, RgbColor } from '../image/decoded-image';
import { expectColor } from '../image/image-size';
import type { ImageRegion } from '../image/resize-image';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { expectRange, POSITIVE_RANGE, type NumberRange } from './expect-range';

/** Names of what {@link randomErasing} fills with. */
const ERASING_FILLS = ['noise', 'const', 'rand', 'pixel'] as const;

/** What {@link randomErasing} fills with. */
type ErasingFill = RgbColor | (typeof ERASING_FILLS)[number];

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
  /**
   * What stands there: a colour; `noise`, bytes that are all as likely; or as timm's modes, in ImageNet's mean and deviation: `const`, the
   * mean, which is 0 after normalization; `rand`, one normal colour a rectangle; `pixel`, one a pixel. Default `noise`.
   */
  fill: {
    type: 'any',
    expected: "[red, green, blue], or one of 'noise', 'const', 'rand', 'pixel'",
    check: (argument, value) =>
      typeof value === 'string' ? expectOneOf(argument, value, ERASING_FILLS) : expectColor(argument, value),
    default: 'noise',
  } as AnyRowWithDefault<ErasingFill>,
  /** Rectangles, which share the area of `scale`: a number, or a range that one is drawn from. Default 1. */
  count: {
    type: 'any',
    expected: 'a number of at least 1, or a range',
    check: (argument, value) => {
      const [low, high] = expectRange(argument, typeof value === 'number' ? [value, value] : value, 1, 1000);
      return [expectInteger(argument, low), expectInteger(argument, high)];
    },
    default: [1, 1],
  } as AnyRowWithDefault<number | NumberRange, NumberRange>,
} as const satisfies OptionTable;

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions extends OptionsOf<typeof RANDOM_ERASING_OPTIONS> {}

/** Overwrites a random rectangle (Zhong et al. 2017), drawn as torchvision's RandomErasing and timm's draw it. */
export function randomErasing(options: RandomErasingOptions = {}): Augmentation {
  const { probability, scale, ratio, fill, count } = readOptions(RANDOM_ERASING_OPTIONS, options);
  return {
    name: 'randomErasing',
    // One rectangle is not recorded, so that runs from before the option existed still resume.
    settings: { probability, scale, ratio, fill, ...(count[1] > 1 && { count }) },
    apply: (image, random) => {
      if (random.uniform() >= probability) return image;
      const rectangles = count[0] === count[1] ? count[0] : random.integer(...count);
      const share = [scale[0] / rectangles, scale[1] / rectangles] as const;
      for (let left = rectangles; left > 0; left--) {
        const region = drawErased(image, random, share, ratio);
        if (region !== undefined) overwrite(image, region, fill, random);
      }
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
  fill: ErasingFill,
  random: Random,
): void {
  const value = valueOf(fill, random);
  for (let y = region.top; y < region.top + region.height; y++) {
    const start = (y * width + region.left) * 3;
    for (let i = 0; i < region.width * 3; i++) pixels[start + i] = value(i % 3);
  }
}

/** A function that gives the value of the next pixel's channel. */
function valueOf(fill: ErasingFill, random: Random): (channel: number) => number {
  if (fill === 'noise') return () => random.integer(0, 255);
  const { mean, standardDeviation } = PIXEL_NORMALIZATIONS.torch;
  const byte = (channel: number, normal: number): number =>
    Math.max(0, Math.min(255, Math.round(255 * (mean[channel]! + normal * standardDeviation[channel]!))));
  if (fill === 'pixel') return (channel) => byte(channel, random.normal());
  const color =
    fill === 'const' || fill === 'rand'
      ? [0, 1, 2].map((channel) => byte(channel, fill === 'const' ? 0 : random.normal()))
      : fill;
  return (channel) => color[channel]!;
}
