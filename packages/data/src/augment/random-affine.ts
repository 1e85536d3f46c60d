import { readOptions, type AnyRowWithDefault, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { affineMatrix } from '../image/affine-matrix';
import { FILL_MODES, INTERPOLATIONS, transformImage } from '../image/transform-image';
import { COLOR, PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { expectRange, symmetricRange, ZOOM, type NumberRange } from './expect-range';

/** A number n, which stands for [-n, n], or a range. */
const SYMMETRIC = {
  type: 'any',
  expected: 'a number n for [-n, n], or a range',
  check: symmetricRange,
  default: [0, 0],
} as AnyRowWithDefault<number | NumberRange, NumberRange>;

/** Options of {@link randomAffine}, as data. */
export const RANDOM_AFFINE_OPTIONS = {
  /** Degrees, clockwise. */
  rotation: SYMMETRIC,
  /** Degrees along x and along y, drawn apart. */
  shear: {
    ...SYMMETRIC,
    expected: 'a number n for [-n, n], or a range, from -89 to 89',
    check: (argument: string, value: unknown) =>
      expectRange(argument, symmetricRange(argument, value), -89, 89),
  },
  /** Factor of enlargement; a number z stands for [1 - z, 1 + z]. */
  zoom: ZOOM,
  /** Share of the width and of the height, drawn apart. */
  shift: SYMMETRIC,
  /** What stands beyond the border. Default `reflect`. */
  fill: { type: 'choice', choices: FILL_MODES, default: 'reflect' },
  /** For `fill: 'constant'`. Default black. */
  color: { ...COLOR, default: [0, 0, 0] },
  /** Default `bilinear`. */
  interpolation: { type: 'choice', choices: INTERPOLATIONS, default: 'bilinear' },
  /** How often it happens, from 0 to 1. Default 1. */
  probability: { ...PROBABILITY, default: 1 },
} as const satisfies OptionTable;

/** Options of {@link randomAffine}: each part is left out by default; a number n stands for [-n, n]. */
export interface RandomAffineOptions extends OptionsOf<typeof RANDOM_AFFINE_OPTIONS> {}

/** Rotates, shears, zooms and shifts about the middle, in one resampling. */
export function randomAffine(options: RandomAffineOptions): Augmentation {
  const settings = readOptions(RANDOM_AFFINE_OPTIONS, options);
  const { rotation, shear, shift, zoom, fill, color, interpolation, probability } = settings;
  return {
    name: 'randomAffine',
    settings,
    apply: (image, random) => {
      if (random.uniform() >= probability) return image;
      const { height, width } = image;
      const parts = {
        rotation: random.uniformBetween(...rotation),
        shear: [random.uniformBetween(...shear), random.uniformBetween(...shear)] as const,
        scale: random.uniformBetween(...zoom),
        shift: [random.uniformBetween(...shift) * width, random.uniformBetween(...shift) * height] as const,
      };
      const matrix = affineMatrix(parts, [(width - 1) / 2, (height - 1) / 2]);
      return transformImage(image, matrix, { fill, color, interpolation });
    },
  };
}
