import { rgbImage, type DecodedImage } from './decoded-image';
import { offsetFinder, type TransformImageOptions } from './transform-image';

/** Where a pixel of the result comes from: column and row of the source, in pixels from the centre of the first. */
export type SourceOf = (x: number, y: number, source: { x: number; y: number }) => void;

/** `image` with each pixel taken from where `sourceOf` points; the size stays. */
export function displaceImage(
  image: DecodedImage,
  sourceOf: SourceOf,
  options: TransformImageOptions,
): DecodedImage {
  const { height, width } = image;
  const { source, offset } = offsetFinder(image, options);
  const { pixels } = rgbImage(height, width);
  const from = { x: 0, y: 0 };
  const isNearest = options.interpolation === 'nearest';
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, target += 3) {
      sourceOf(x, y, from);
      // A point at infinity shows what stands beyond the border.
      const [column, row] = [within(from.x, width), within(from.y, height)];
      if (isNearest) {
        const at = offset(Math.floor(column + 0.5), Math.floor(row + 0.5));
        for (let channel = 0; channel < 3; channel++) pixels[target + channel] = source[at + channel]!;
        continue;
      }
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [across, down] = [column - left, row - top];
      const [topLeft, topRight] = [offset(left, top), offset(left + 1, top)];
      const [bottomLeft, bottomRight] = [offset(left, top + 1), offset(left + 1, top + 1)];
      for (let channel = 0; channel < 3; channel++) {
        const upper = source[topLeft + channel]! * (1 - across) + source[topRight + channel]! * across;
        const lower = source[bottomLeft + channel]! * (1 - across) + source[bottomRight + channel]! * across;
        pixels[target + channel] = (upper * (1 - down) + lower * down + 0.5) | 0;
      }
    }
  }
  return rgbImage(height, width, pixels);
}

/** `position`, or one far beyond the border where it is further still, so that whole numbers stay exact. */
function within(position: number, length: number): number {
  const far = 1000 * length;
  return Number.isNaN(position) ? far : Math.max(-far, Math.min(far, position));
}
