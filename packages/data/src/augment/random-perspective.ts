import type { Random } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { DecodedImage } from '../image/decoded-image';
import { displaceImage } from '../image/displace-image';
import { FILL_MODES, INTERPOLATIONS, type TransformImageOptions } from '../image/transform-image';
import { COLOR, PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';

/** What stands beyond the border, and how values between pixels are found: options of what moves pixels. */
export const MOVING_OPTIONS = {
  /** What stands beyond the border. Default `constant`. */
  fill: { type: 'choice', choices: FILL_MODES, default: 'constant' },
  /** For `fill: 'constant'`. Default black. */
  color: { ...COLOR, default: [0, 0, 0] },
  /** Default `bilinear`. */
  interpolation: { type: 'choice', choices: INTERPOLATIONS, default: 'bilinear' },
} as const satisfies OptionTable;

/** Options of {@link randomPerspective}, as data. */
export const RANDOM_PERSPECTIVE_OPTIONS = {
  /** How far corners move, as a share of half a side. Default 0.5. */
  distortion: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
  /** How often it happens, from 0 to 1. Default 0.5. */
  probability: { ...PROBABILITY, default: 0.5 },
  ...MOVING_OPTIONS,
} as const satisfies OptionTable;

/** Options of {@link randomPerspective}. */
export interface RandomPerspectiveOptions extends OptionsOf<typeof RANDOM_PERSPECTIVE_OPTIONS> {}

/** Shows the picture from an angle, its four corners moved inwards: torchvision's RandomPerspective. */
export function randomPerspective(options: RandomPerspectiveOptions = {}): Augmentation {
  const settings = readOptions(RANDOM_PERSPECTIVE_OPTIONS, options);
  const { distortion, probability } = settings;
  return {
    name: 'randomPerspective',
    settings,
    apply: (image, random) =>
      random.uniform() < probability
        ? warpCorners(image, drawCorners(image, random, distortion), settings)
        : image,
  };
}

/** Column and row of a corner, in pixels. */
type Point = readonly [x: number, y: number];

/** Corners from the top left, clockwise. */
export type Corners = readonly [Point, Point, Point, Point];

function drawCorners({ height, width }: DecodedImage, random: Random, distortion: number): Corners {
  const [x, y] = [Math.trunc(distortion * (width >> 1)), Math.trunc(distortion * (height >> 1))];
  const [left, top] = [() => random.integer(0, x), () => random.integer(0, y)];
  const right = (): number => random.integer(width - 1 - x, width - 1);
  const bottom = (): number => random.integer(height - 1 - y, height - 1);
  return [
    [left(), top()],
    [right(), top()],
    [right(), bottom()],
    [left(), bottom()],
  ];
}

/** `image` with its corners moved to `ends`. */
export function warpCorners(
  image: DecodedImage,
  ends: Corners,
  options: TransformImageOptions,
): DecodedImage {
  const [right, bottom] = [image.width - 1, image.height - 1];
  const starts: Corners = [
    [0, 0],
    [right, 0],
    [right, bottom],
    [0, bottom],
  ];
  const [a, b, c, d, e, f, g, h] = perspectiveOf(ends, starts);
  return displaceImage(
    image,
    // Positions are those of pixels' centres, half a pixel from their corners.
    (column, row, source) => {
      const [x, y] = [column + 0.5, row + 0.5];
      const depth = g * x + h * y + 1;
      source.x = (a * x + b * y + c) / depth - 0.5;
      source.y = (d * x + e * y + f) / depth - 0.5;
    },
    options,
  );
}

type Perspective = [number, number, number, number, number, number, number, number];

/** The eight numbers that take `from` to `to`: the solution of as many equations. */
function perspectiveOf(from: Corners, to: Corners): Perspective {
  const rows = from.flatMap(([x, y], corner) => {
    const [toX, toY] = to[corner]!;
    return [
      [x, y, 1, 0, 0, 0, -toX * x, -toX * y, toX],
      [0, 0, 0, x, y, 1, -toY * x, -toY * y, toY],
    ];
  });
  // Gauss and Jordan, with the largest pivot of each column.
  for (let column = 0; column < 8; column++) {
    let pivot = column;
    for (let row = column + 1; row < 8; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const own = rows[column]!;
    // Collinear corners, as in pictures one pixel high or wide: nothing is moved.
    if (Math.abs(own[column]!) < 1e-9) return [1, 0, 0, 0, 1, 0, 0, 0];
    for (let row = 0; row < 8; row++) {
      if (row === column) continue;
      const factor = rows[row]![column]! / own[column]!;
      rows[row] = rows[row]!.map((value, place) => value - factor * own[place]!);
    }
  }
  return rows.map((row, place) => row[8]! / row[place]!) as Perspective;
}
