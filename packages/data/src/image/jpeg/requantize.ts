import { rgbImage, type DecodedImage } from '../decoded-image';

import { forwardBlock, inverseBlock } from './block-transforms';

/** ITU-T T.81, tables K.1 and K.2: brightness and colour, row by row. */
const BRIGHTNESS_TABLE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22,
  29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
  121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const COLOR_TABLE = [
  17,
  18,
  24,
  47,
  99,
  99,
  99,
  99,
  18,
  21,
  26,
  66,
  99,
  99,
  99,
  99,
  24,
  26,
  56,
  99,
  99,
  99,
  99,
  99,
  47,
  66,
  99,
  99,
  99,
  99,
  99,
  99,
  ...new Array<number>(32).fill(99),
];

/**
 * What is left of `image` after it was written as a JPEG of `quality` and read again, without the file between: libjpeg's pixels, bit for bit.
 *
 * 4:2:0, the tables of ITU-T T.81 scaled as the Independent JPEG Group scales them, accurate transforms, triangular upsampling: what Pillow's
 * `save(quality=...)` and torchvision's `v2.JPEG` do.
 *
 * @param quality 1 to 100.
 */
export function requantizeAsJpeg(image: DecodedImage, quality: number): DecodedImage {
  const { height, width } = image;
  const [brightness, blue, red] = toPlanes(image);
  const colorTable = scaledTable(COLOR_TABLE, quality);
  requantizePlane(brightness, scaledTable(BRIGHTNESS_TABLE, quality));
  const [blues, reds] = [blue, red].map((plane) => {
    const halved = halvedPlane(plane, height);
    requantizePlane(halved, colorTable);
    return doubledPlane(halved, Math.ceil(height / 2), Math.ceil(width / 2));
  }) as [Plane, Plane];
  return fromPlanes(brightness, blues, reds, height, width);
}

/** Values of one kind, row by row; both sides are whole blocks, and more than the picture's. */
interface Plane {
  readonly values: Uint8Array;
  readonly height: number;
  readonly width: number;
}

const planeOf = (height: number, width: number): Plane => ({
  values: new Uint8Array(height * width),
  height,
  width,
});
const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

function scaledTable(table: readonly number[], quality: number): Int32Array {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return Int32Array.from(table, (value) =>
    Math.max(1, Math.min(255, Math.floor((value * scale + 50) / 100))),
  );
}

/** Brightness and the two differences of colour (ITU-R BT.601, JFIF), the border repeated up to whole blocks of 16. */
function toPlanes({ pixels, height, width }: DecodedImage): [Plane, Plane, Plane] {
  const planes = [0, 1, 2].map(() => planeOf(roundUp(height, 16), roundUp(width, 16))) as [
    Plane,
    Plane,
    Plane,
  ];
  const [brightness, blue, red] = planes;
  const stride = brightness.width;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (y * width + x) * 3;
      const [r, g, b] = [pixels[source]!, pixels[source + 1]!, pixels[source + 2]!];
      const target = y * stride + x;
      brightness.values[target] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
      blue.values[target] = (-11058 * r - 21710 * g + 32768 * b + CENTER) >> 16;
      red.values[target] = (32768 * r - 27439 * g - 5329 * b + CENTER) >> 16;
    }
  }
  for (const plane of planes) repeatBorder(plane, height, width);
  return planes;
}

/** 128, and the half that is rounded by, less the least: an exact half is rounded down. */
const CENTER = (128 << 16) + 32767;

function repeatBorder({ values, height, width }: Plane, filledHeight: number, filledWidth: number): void {
  for (let y = 0; y < filledHeight; y++) {
    values.fill(values[y * width + filledWidth - 1]!, y * width + filledWidth, (y + 1) * width);
  }
  const last = values.subarray((filledHeight - 1) * width, filledHeight * width);
  for (let y = filledHeight; y < height; y++) values.set(last, y * width);
}

/** Half the rows and columns, four values averaged; halves are rounded down and up in turn, so that none is drawn to one side. */
function halvedPlane(plane: Plane, filledHeight: number): Plane {
  const halved = planeOf(plane.height / 2, plane.width / 2);
  const rows = Math.ceil(filledHeight / 2);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < halved.width; x++) {
      const source = 2 * y * plane.width + 2 * x;
      const upper = plane.values[source]! + plane.values[source + 1]!;
      const lower = plane.values[source + plane.width]! + plane.values[source + plane.width + 1]!;
      halved.values[y * halved.width + x] = (upper + lower + 1 + (x & 1)) >> 2;
    }
  }
  // libjpeg repeats the last row of averages, and does not average repeated rows.
  repeatBorder(halved, rows, halved.width);
  return halved;
}

function requantizePlane({ values, height, width }: Plane, table: Int32Array): void {
  const block = new Int32Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      const at = (i: number): number => (top + (i >> 3)) * width + left + (i & 7);
      for (let i = 0; i < 64; i++) block[i] = values[at(i)]! - 128;
      forwardBlock(block);
      for (let i = 0; i < 64; i++) block[i] = nearestMultiple(block[i]!, table[i]!);
      inverseBlock(block);
      for (let i = 0; i < 64; i++) values[at(i)] = clamp(block[i]! + 128);
    }
  }
}

/** `value`, 8 times too large, in steps of `step`; halves away from zero. */
function nearestMultiple(value: number, step: number): number {
  const size = Math.floor((Math.abs(value) + 4 * step) / (8 * step)) * step;
  return value < 0 ? -size : size;
}

const clamp = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** Twice the rows and columns: each value three parts of the nearest and one of the next, along both axes. */
function doubledPlane(plane: Plane, height: number, width: number): Plane {
  const doubled = planeOf(2 * height, 2 * width);
  // As libjpeg does with planes too narrow for its loop: every value four times.
  const isNarrow = width <= 2;
  for (let y = 0; y < 2 * height; y++) {
    const near = y >> 1;
    const far = isNarrow ? near : Math.max(0, Math.min(height - 1, near + (y & 1 ? 1 : -1)));
    const column = (x: number): number =>
      3 * plane.values[near * plane.width + x]! + plane.values[far * plane.width + x]!;
    for (let x = 0; x < 2 * width; x++) {
      const nearest = x >> 1;
      const next = isNarrow ? nearest : Math.max(0, Math.min(width - 1, nearest + (x & 1 ? 1 : -1)));
      doubled.values[y * doubled.width + x] = (3 * column(nearest) + column(next) + (x & 1 ? 7 : 8)) >> 4;
    }
  }
  return doubled;
}

function fromPlanes(
  brightness: Plane,
  blues: Plane,
  reds: Plane,
  height: number,
  width: number,
): DecodedImage {
  const out = rgbImage(height, width);
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = brightness.values[y * brightness.width + x]!;
      const blue = blues.values[y * blues.width + x]! - 128;
      const red = reds.values[y * reds.width + x]! - 128;
      out.pixels[target++] = clamp(value + ((91881 * red + 32768) >> 16));
      out.pixels[target++] = clamp(value + ((-22554 * blue - 46802 * red + 32768) >> 16));
      out.pixels[target++] = clamp(value + ((116130 * blue + 32768) >> 16));
    }
  }
  return out;
}
