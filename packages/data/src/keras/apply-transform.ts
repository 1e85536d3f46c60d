import type { FloatImage, ResolvedGeneratorOptions } from './image-data-generator-options';
import type { TransformParameters } from './random-transform';
import { scipyAffine, type RowColumnMatrix } from './scipy-affine';

/**
 * `image` changed as ImageDataGenerator.apply_transform does: affine, channel shift, flips, brightness.
 *
 * Source: keras/src/legacy/preprocessing/image.py.
 */
export function applyTransform(
  image: FloatImage,
  parameters: TransformParameters,
  { fillMode, cval }: Pick<ResolvedGeneratorOptions, 'fillMode' | 'cval'>,
): FloatImage {
  const matrix = transformMatrix(parameters, image.height, image.width);
  let changed = matrix === undefined ? image : scipyAffine(image, matrix, fillMode, cval);
  if (parameters.channelShift !== undefined) changed = shiftChannels(changed, parameters.channelShift);
  if (parameters.flipHorizontal || parameters.flipVertical) changed = flip(changed, parameters);
  return parameters.brightness === undefined ? changed : shiftBrightness(changed, parameters.brightness);
}

type Matrix2x3 = readonly [number, number, number, number, number, number];

/** apply_affine_transform's product of rotation, shift, shear and zoom about the middle, rows before columns. */
function transformMatrix(
  { theta, tx, ty, shear, zx, zy }: TransformParameters,
  height: number,
  width: number,
): RowColumnMatrix | undefined {
  let matrix: Matrix2x3 | undefined;
  const append = (next: Matrix2x3) => (matrix = matrix === undefined ? next : multiply(matrix, next));
  if (theta !== 0) {
    const [cosine, sine] = [Math.cos(radians(theta)), Math.sin(radians(theta))];
    append([cosine, -sine, 0, sine, cosine, 0]);
  }
  if (tx !== 0 || ty !== 0) append([1, 0, tx, 0, 1, ty]);
  if (shear !== 0) append([1, -Math.sin(radians(shear)), 0, 0, Math.cos(radians(shear)), 0]);
  if (zx !== 1 || zy !== 1) append([zx, 0, 0, 0, zy, 0]);
  if (matrix === undefined) return undefined;
  const centerX = height / 2 - 0.5;
  const centerY = width / 2 - 0.5;
  const centred = multiply(multiply([1, 0, centerX, 0, 1, centerY], matrix), [
    1,
    0,
    -centerX,
    0,
    1,
    -centerY,
  ]);
  // Keras swaps both axes of the matrix, but draws centre and shift for rows and columns in this order.
  const [a, b, c, d, e, f] = centred;
  return [e, d, f, b, a, c];
}

const radians = (degrees: number): number => degrees * (Math.PI / 180);

/** The product of two matrices whose last row is 0 0 1. */
function multiply([a, b, c, d, e, f]: Matrix2x3, [g, h, i, j, k, l]: Matrix2x3): Matrix2x3 {
  return [a * g + b * j, a * h + b * k, a * i + b * l + c, d * g + e * j, d * h + e * k, d * i + e * l + f];
}

function shiftChannels(image: FloatImage, intensity: number): FloatImage {
  const { values } = image;
  const [minimum, maximum] = extremes(values);
  const shift = Math.fround(intensity);
  return {
    ...image,
    values: values.map((value) => Math.min(maximum, Math.max(minimum, Math.fround(value + shift)))),
  };
}

function flip(
  image: FloatImage,
  { flipHorizontal, flipVertical }: Pick<TransformParameters, 'flipHorizontal' | 'flipVertical'>,
): FloatImage {
  const { values, height, width, channels } = image;
  const out = new Float32Array(values.length);
  for (let row = 0; row < height; row++) {
    const sourceRow = flipVertical ? height - 1 - row : row;
    for (let column = 0; column < width; column++) {
      const sourceColumn = flipHorizontal ? width - 1 - column : column;
      const source = (sourceRow * width + sourceColumn) * channels;
      const target = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) out[target + channel] = values[source + channel]!;
    }
  }
  return { ...image, values: out };
}

/** apply_brightness_shift with scale false: through bytes, stretched over them only where values lie beyond. */
function shiftBrightness(image: FloatImage, factor: number): FloatImage {
  const { values, channels } = image;
  const [minimum, maximum] = extremes(values);
  const isBeyond = minimum < 0 || maximum > 255;
  const range = Math.fround(maximum - minimum);
  const toByte = (value: number) => {
    if (!isBeyond) return Math.trunc(value);
    const scaled = Math.fround(value - minimum);
    return Math.trunc(Math.fround((range === 0 ? scaled : Math.fround(scaled / range)) * 255));
  };
  // Pillow blends with a black picture in single precision and cuts off.
  const alpha = Math.fround(factor);
  const changed = values.map((value, index) => {
    // Opacity stays.
    const factorHere = channels === 4 && index % 4 === 3 ? 1 : alpha;
    const byte = Math.min(255, Math.trunc(Math.fround(factorHere * toByte(value))));
    return isBeyond ? Math.fround(Math.fround(Math.fround(byte / 255) * range) + minimum) : byte;
  });
  return { ...image, values: changed };
}

function extremes(values: Float32Array): readonly [minimum: number, maximum: number] {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return [minimum, maximum];
}
