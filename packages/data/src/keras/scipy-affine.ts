import type { FillMode } from '../image/transform-image';

import type { FloatImage } from './image-data-generator-options';

/** Row and column of the source: `a * row + b * column + c` and `d * row + e * column + f`. */
export type RowColumnMatrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * scipy.ndimage.affine_transform of each channel, of order 1.
 *
 * Source: scipy/ndimage/src/ni_interpolation.c, NI_GeometricTransform and map_coordinate; its `wrap` has a period of
 * length - 1, unlike our own.
 */
export function scipyAffine(
  { values, height, width, channels }: FloatImage,
  [a, b, c, d, e, f]: RowColumnMatrix,
  fill: FillMode,
  constant: number,
): FloatImage {
  const out = new Float32Array(values.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const target = (row * width + column) * channels;
      const y = mapCoordinate(a * row + b * column + c, height, fill);
      const x = mapCoordinate(d * row + e * column + f, width, fill);
      if (y === undefined || x === undefined) {
        out.fill(constant, target, target + channels);
        continue;
      }
      const top = Math.floor(y);
      const left = Math.floor(x);
      const [down, across] = [y - top, x - left];
      const rows = [edgeIndex(top, height, fill), edgeIndex(top + 1, height, fill)] as const;
      const columns = [edgeIndex(left, width, fill), edgeIndex(left + 1, width, fill)] as const;
      for (let channel = 0; channel < channels; channel++) {
        const at = (i: 0 | 1, j: 0 | 1) => values[(rows[i] * width + columns[j]) * channels + channel]!;
        out[target + channel] =
          at(0, 0) * (1 - down) * (1 - across) +
          at(0, 1) * (1 - down) * across +
          at(1, 0) * down * (1 - across) +
          at(1, 1) * down * across;
      }
    }
  }
  return { values: out, height, width, channels };
}

/** Where a coordinate beyond the border is read; undefined for the constant. */
function mapCoordinate(coordinate: number, length: number, fill: FillMode): number | undefined {
  const last = length - 1;
  if (coordinate >= 0 && coordinate <= last) return coordinate;
  switch (fill) {
    case 'constant':
      return undefined;
    case 'nearest':
      return coordinate < 0 ? 0 : last;
    case 'reflect':
      return reflect(coordinate, length);
    case 'wrap':
      if (length <= 1) return 0;
      return coordinate < 0
        ? coordinate + last * (Math.trunc(-coordinate / last) + 1)
        : coordinate - last * Math.trunc(coordinate / last);
  }
}

function reflect(coordinate: number, length: number): number {
  if (length <= 1) return 0;
  const period = 2 * length;
  if (coordinate < 0) {
    const near = coordinate < -period ? period * Math.trunc(-coordinate / period) + coordinate : coordinate;
    return near < -length ? near + period : (near > -Number.EPSILON ? Number.EPSILON : -near) - 1;
  }
  const near = coordinate - period * Math.trunc(coordinate / period);
  return near >= length ? period - near - 1 : near;
}

/** A neighbour's index that falls beyond the border: repeated for `nearest` and `reflect`, mirrored without it for the rest. */
function edgeIndex(index: number, length: number, fill: FillMode): number {
  if (index >= 0 && index < length) return index;
  if (length <= 1) return 0;
  const isRepeated = fill === 'nearest' || fill === 'reflect';
  if (index < 0) return isRepeated ? 0 : 1;
  return isRepeated ? length - 1 : length - 2;
}
