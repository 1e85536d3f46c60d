import type { AffineMatrix } from './affine-matrix';
import { rgbImage, type DecodedImage, type RgbColor } from './decoded-image';

/**
 * What stands beyond the border: one colour, the border's own pixels (`nearest`), the picture mirrored with its border
 * repeated (`reflect`: d c b a | a b c d | d c b a), or the picture again (`wrap`).
 */
export type FillMode = 'constant' | 'nearest' | 'reflect' | 'wrap';

/** The names in {@link FillMode}. */
export const FILL_MODES = ['constant', 'nearest', 'reflect', 'wrap'] as const satisfies FillMode[];

/** How a value between pixels is found. */
export const INTERPOLATIONS = ['bilinear', 'nearest'] as const;

/** How {@link transformImage} finds pixels. */
export interface TransformImageOptions {
  readonly fill: FillMode;
  /** For `constant`. */
  readonly color: RgbColor;
  readonly interpolation: (typeof INTERPOLATIONS)[number];
}

/** `image` with each pixel taken from where `matrix` points; the size stays. */
export function transformImage(
  image: DecodedImage,
  matrix: AffineMatrix,
  { fill, color, interpolation }: TransformImageOptions,
): DecodedImage {
  const { source, offset } = offsetFinder(image, { fill, color });
  const out = rgbImage(image.height, image.width);
  const sample = interpolation === 'nearest' ? sampleNearest : sampleBilinear;
  sample(source, out, matrix, offset);
  return out;
}

/** The pixels of `image` and where among them those of a column and row begin, which may lie beyond the border. */
export function offsetFinder(
  { pixels, height, width }: DecodedImage,
  { fill, color }: Pick<TransformImageOptions, 'fill' | 'color'>,
): { source: Uint8Array; offset: (x: number, y: number) => number } {
  // The colour stands behind the last pixel, so that looking it up needs no branch.
  const colorOffset = height * width * 3;
  const source = new Uint8Array(colorOffset + 3);
  source.set(pixels);
  source.set(color, colorOffset);
  const beyond = BEYOND[fill];
  const offset = (x: number, y: number): number => {
    const column = x >= 0 && x < width ? x : beyond(x, width);
    const row = y >= 0 && y < height ? y : beyond(y, height);
    return column < 0 || row < 0 ? colorOffset : (row * width + column) * 3;
  };
  return { source, offset };
}

type FindOffset = (x: number, y: number) => number;

function sampleNearest(
  source: Uint8Array,
  { pixels, height, width }: DecodedImage,
  [a, b, c, d, e, f]: AffineMatrix,
  offset: FindOffset,
): void {
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = offset(Math.floor(a * x + b * y + c + 0.5), Math.floor(d * x + e * y + f + 0.5));
      pixels[target++] = source[from]!;
      pixels[target++] = source[from + 1]!;
      pixels[target++] = source[from + 2]!;
    }
  }
}

function sampleBilinear(
  source: Uint8Array,
  { pixels, height, width }: DecodedImage,
  [a, b, c, d, e, f]: AffineMatrix,
  offset: FindOffset,
): void {
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = a * x + b * y + c;
      const sourceY = d * x + e * y + f;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const across = sourceX - left;
      const down = sourceY - top;
      const topLeft = offset(left, top);
      const topRight = offset(left + 1, top);
      const bottomLeft = offset(left, top + 1);
      const bottomRight = offset(left + 1, top + 1);
      for (let channel = 0; channel < 3; channel++) {
        const upper = source[topLeft + channel]! * (1 - across) + source[topRight + channel]! * across;
        const lower = source[bottomLeft + channel]! * (1 - across) + source[bottomRight + channel]! * across;
        pixels[target++] = (upper * (1 - down) + lower * down + 0.5) | 0;
      }
    }
  }
}

/** The position within 0 to length - 1 that stands for one beyond it; negative for the colour. */
const BEYOND: Readonly<Record<FillMode, (position: number, length: number) => number>> = {
  constant: () => -1,
  nearest: (position, length) => (position < 0 ? 0 : length - 1),
  reflect: (position, length) => {
    const within = modulo(position, 2 * length);
    return within < length ? within : 2 * length - 1 - within;
  },
  wrap: (position, length) => modulo(position, length),
};

const modulo = (value: number, length: number): number => ((value % length) + length) % length;
