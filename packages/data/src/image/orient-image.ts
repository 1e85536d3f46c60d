import { rgbImage, type DecodedImage } from './decoded-image';
import type { Slices } from './slices';

/**
 * `image` turned upright.
 *
 * @param image The picture as its file stores it.
 * @param orientation The EXIF orientation, 1 to 8: 1 upright, 2 mirrored, 3 upside down, 4 mirrored upside down,
 *   5 mirrored and turned, 6 to be turned a quarter clockwise, 7 mirrored and turned the other way, 8 a quarter anticlockwise.
 */
export function* orientImage(image: DecodedImage, orientation: number): Slices<DecodedImage> {
  if (orientation <= 1 || orientation > 8) return image;
  const { height, width, pixels } = image;
  const turned = orientation >= 5;
  const outHeight = turned ? width : height;
  const outWidth = turned ? height : width;
  const out = rgbImage(outHeight, outWidth);
  const fromRight = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8;
  const fromBottom = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7;
  let target = 0;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const row = turned ? x : y;
      const column = turned ? y : x;
      const sourceRow = fromBottom ? height - 1 - row : row;
      const sourceColumn = fromRight ? width - 1 - column : column;
      const source = (sourceRow * width + sourceColumn) * 3;
      out.pixels[target++] = pixels[source]!;
      out.pixels[target++] = pixels[source + 1]!;
      out.pixels[target++] = pixels[source + 2]!;
    }
    yield;
  }
  return out;
}
