import { ArgumentError, expectNumber } from '@zoo/core';

import type { DecodedImage } from '../image/decoded-image';

import type { Augmentation } from './augmentation';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, toGrey } from './color-operations';
import { expectRange, type NumberRange } from './expect-range';
import { sometimes } from './random-flip';

/** Options of {@link colorJitter}: each is left out by default. */
export interface ColorJitterOptions {
  /** `b` draws a factor from [max(0, 1 - b), 1 + b]; or the range itself. */
  brightness?: number | NumberRange;
  /** As for `brightness`. */
  contrast?: number | NumberRange;
  /** As for `brightness`. */
  saturation?: number | NumberRange;
  /** `h` turns the hue by [-h, h] of the colour circle, at most 0.5; or the range itself. */
  hue?: number | NumberRange;
}

type Adjust = (image: DecodedImage, amount: number) => DecodedImage;

/** Changes brightness, contrast, saturation and hue at random, in random order: torchvision's ColorJitter. */
export function colorJitter(options: ColorJitterOptions): Augmentation {
  const changes = (
    [
      [adjustBrightness, factorRange('options.brightness', options.brightness)],
      [adjustContrast, factorRange('options.contrast', options.contrast)],
      [adjustSaturation, factorRange('options.saturation', options.saturation)],
      [adjustHue, hueRange(options.hue)],
    ] satisfies [Adjust, NumberRange | undefined][]
  ).filter((change): change is [Adjust, NumberRange] => change[1] !== undefined);
  if (changes.length === 0) {
    throw new ArgumentError('options', 'at least one of brightness, contrast, saturation and hue', options);
  }
  return {
    name: 'colorJitter',
    settings: { ...options },
    apply: (image, random) => {
      let changed = image;
      for (const index of random.permutation(changes.length)) {
        const [adjust, range] = changes[index]!;
        changed = adjust(changed, random.uniformBetween(...range));
      }
      return changed;
    },
  };
}

/** Options of {@link randomGrayscale}. */
export interface RandomGrayscaleOptions {
  /** How often it happens, from 0 to 1. Default 0.1. */
  probability?: number;
}

/** Takes the colour away: red, green and blue become the grey of ITU-R BT.601. */
export function randomGrayscale({ probability = 0.1 }: RandomGrayscaleOptions = {}): Augmentation {
  return sometimes('randomGrayscale', { probability }, toGrey);
}

function factorRange(argument: string, value: number | NumberRange | undefined): NumberRange | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') return expectRange(argument, value, 0);
  expectNumber(argument, value, { minimum: 0 });
  return value === 0 ? undefined : [Math.max(0, 1 - value), 1 + value];
}

function hueRange(value: number | NumberRange | undefined): NumberRange | undefined {
  if (value === undefined || value === 0) return undefined;
  return expectRange('options.hue', typeof value === 'number' ? [-value, value] : value, -0.5, 0.5);
}
