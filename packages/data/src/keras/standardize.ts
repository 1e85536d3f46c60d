import { ArgumentError, type PixelNormalization } from '@zoo/core';

import type { ChannelCount } from './channel-image';
import type { FloatImage, ResolvedGeneratorOptions } from './image-data-generator-options';

/** Added to every standard deviation before dividing by it. */
const EPSILON = 1e-6;

/**
 * `image` as ImageDataGenerator.standardize leaves it: preprocessing function, rescale, then samplewise and featurewise
 * centring and scaling. Works in place on `image`'s values.
 */
export function standardize(image: FloatImage, options: ResolvedGeneratorOptions): FloatImage {
  const { preprocessingFunction, rescale, statistics } = options;
  const { channels } = image;
  const { values } = preprocessingFunction === undefined ? image : preprocessed(image, preprocessingFunction);
  // The caller's function may keep the array that it returns.
  const out = preprocessingFunction === undefined ? values : values.slice();
  if (rescale !== 1) {
    const factor = Math.fround(rescale);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! * factor;
  }
  if (options.samplewiseCenter) subtract(out, meanOf(out));
  // The mean is 0 by now, unless only scaling is asked for, which Keras does not allow.
  if (options.samplewiseStdNormalization) divide(out, standardDeviationOf(out) + EPSILON);
  if (options.featurewiseCenter && statistics !== undefined) {
    for (let i = 0; i < out.length; i++) out[i] = out[i]! - Math.fround(statistics.mean[i % channels]!);
  }
  if (options.featurewiseStdNormalization && statistics !== undefined) {
    const divisors = statistics.standardDeviation.map((value) => Math.fround(Math.fround(value) + EPSILON));
    for (let i = 0; i < out.length; i++) out[i] = out[i]! / divisors[i % channels]!;
  }
  const whitening = options.zcaWhitening ? statistics?.whitening : undefined;
  return { ...image, values: whitening === undefined ? out : whitened(out, whitening) };
}

function preprocessed(
  image: FloatImage,
  change: NonNullable<ResolvedGeneratorOptions['preprocessingFunction']>,
): Pick<FloatImage, 'values'> {
  const { height, width, channels } = image;
  // A caller in JavaScript may return nothing.
  const changed = change(image) as Partial<FloatImage> | undefined;
  if (changed?.values instanceof Float32Array && changed.values.length === height * width * channels)
    return { values: changed.values };
  throw new ArgumentError(
    'options.preprocessingFunction',
    `a function that returns { values } with a Float32Array of ${height} x ${width} x ${channels} values`,
    changed?.values ?? changed,
    'Keras, too, lets it not change the size.',
  );
}

/** All values of a picture times the matrix. */
function whitened(values: Float32Array, matrix: Float32Array): Float32Array {
  const size = values.length;
  if (matrix.length !== size * size) {
    throw new ArgumentError(
      'options.statistics.whitening',
      `a matrix of ${size} x ${size}, for pictures of that many values,`,
      `one of ${matrix.length} values`,
      'Fit the generator with the same targetSize.',
    );
  }
  const sums = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    const value = values[row]!;
    for (let column = 0; column < size; column++) sums[column]! += value * matrix[row * size + column]!;
  }
  return Float32Array.from(sums);
}

/**
 * What {@link standardize} does, as a normalisation; undefined where a function of the caller's, a picture's own mean or
 * whitening takes part, which a model can't keep.
 */
export function standardNormalization(
  options: ResolvedGeneratorOptions,
  channels: ChannelCount,
): PixelNormalization | undefined {
  const { preprocessingFunction, rescale, statistics, samplewiseCenter, zcaWhitening } = options;
  if (preprocessingFunction !== undefined || samplewiseCenter || zcaWhitening || channels === 4)
    return undefined;
  const mean = options.featurewiseCenter ? statistics?.mean : undefined;
  const deviation = options.featurewiseStdNormalization ? statistics?.standardDeviation : undefined;
  return {
    channelOrder: 'rgb',
    divisor: 1 / rescale,
    mean: threeOf(mean ?? [0, 0, 0]),
    standardDeviation: threeOf(deviation?.map((value) => value + EPSILON) ?? [1, 1, 1]),
  };
}

/** Of one channel, the number three times. */
function threeOf([first = 0, second = first, third = first]: readonly number[]): [number, number, number] {
  return [first, second, third];
}

function subtract(values: Float32Array, amount: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! - amount;
}

function divide(values: Float32Array, divisor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / divisor;
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return Math.fround(sum / values.length);
}

function standardDeviationOf(values: Float32Array): number {
  const mean = meanOf(values);
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.fround(Math.sqrt(sum / values.length));
}
