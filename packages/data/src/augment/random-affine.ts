import { expectNumber, expectOneOf } from '@zoo/core';

import { affineMatrix } from '../image/affine-matrix';
import type { RgbColor } from '../image/decoded-image';
import { expectColor } from '../image/image-size';
import { FILL_MODES, transformImage, type FillMode } from '../image/transform-image';

import type { Augmentation } from './augmentation';
import { expectRange, symmetricRange, type NumberRange } from './expect-range';

/** Options of {@link randomAffine}: each part is left out by default; a number n stands for [-n, n]. */
export interface RandomAffineOptions {
  /** Degrees, clockwise. */
  rotation?: number | NumberRange;
  /** Degrees along x and along y, drawn apart. */
  shear?: number | NumberRange;
  /** Factor of enlargement; a number z stands for [1 - z, 1 + z]. */
  zoom?: number | NumberRange;
  /** Share of the width and of the height, drawn apart. */
  shift?: number | NumberRange;
  /** What stands beyond the border. Default `reflect`. */
  fill?: FillMode;
  /** For `fill: 'constant'`. Default black. */
  color?: RgbColor;
  /** Default `bilinear`. */
  interpolation?: 'bilinear' | 'nearest';
  /** How often it happens, from 0 to 1. Default 1. */
  probability?: number;
}

/** Rotates, shears, zooms and shifts about the middle, in one resampling. */
export function randomAffine(options: RandomAffineOptions): Augmentation {
  const { fill = 'reflect', color = [0, 0, 0], interpolation = 'bilinear', probability = 1 } = options;
  const rotation = symmetricRange('options.rotation', options.rotation ?? 0);
  const shear = expectRange('options.shear', symmetricRange('options.shear', options.shear ?? 0), -89, 89);
  const shift = symmetricRange('options.shift', options.shift ?? 0);
  const zoom = zoomRange(options.zoom ?? 0);
  expectOneOf('options.fill', fill, FILL_MODES);
  expectColor('options.color', color);
  expectOneOf('options.interpolation', interpolation, ['bilinear', 'nearest']);
  expectNumber('options.probability', probability, { minimum: 0, maximum: 1 });
  return {
    name: 'randomAffine',
    settings: { rotation, shear, shift, zoom, fill, color, interpolation, probability },
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

function zoomRange(zoom: number | NumberRange): NumberRange {
  if (typeof zoom !== 'number') return expectRange('options.zoom', zoom, Number.MIN_VALUE);
  expectNumber('options.zoom', zoom, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  return [1 - zoom, 1 + zoom];
}
