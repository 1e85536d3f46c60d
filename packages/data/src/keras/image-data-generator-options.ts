import {
  ArgumentError,
  expectFunction,
  expectInteger,
  expectNumber,
  type AnyRow,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
  type RequiredAnyRow,
} from '@zoo/core/options';

import { expectRange, ZOOM, type NumberRange } from '../augment/expect-range';
import { FILL_MODES } from '../image/transform-image';

import type { ChannelCount } from './channel-image';

/** A picture as floats, as Keras' preprocessing functions receive it. */
export interface FloatImage {
  /** [height, width, channels] */
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
  /** 3; 1 or 4 with `colorMode` `grayscale` or `rgba`. */
  readonly channels: ChannelCount;
}

/** A number for each channel. */
const CHANNEL_VALUES = {
  type: 'any',
  expected: 'a number for each channel',
  isRequired: true,
  check: (argument, value) => {
    if (Array.isArray(value) && value.every(Number.isFinite)) return value as number[];
    throw new ArgumentError(argument, 'a number for each channel', value);
  },
} as RequiredAnyRow<readonly number[]>;

const STATISTICS = {
  mean: CHANNEL_VALUES,
  standardDeviation: CHANNEL_VALUES,
  /** For `zcaWhitening`. [height * width * channels, height * width * channels] */
  whitening: { type: 'any', expected: 'a Float32Array' } as AnyRow<Float32Array>,
} as const satisfies OptionTable;

/**
 * What `featurewiseCenter`, `featurewiseStdNormalization` and `zcaWhitening` need of all pictures: Keras' `fit`, ours is
 * `fitImageDataGenerator`.
 */
export interface FeaturewiseStatistics extends OptionsOf<typeof STATISTICS> {}

const AT_LEAST_ZERO = { type: 'number', minimum: 0, default: 0 } as const;
const OFF = { type: 'boolean', default: false } as const;
const SHIFT = {
  type: 'any',
  expected: 'a number of at least 0, or a list of numbers',
  check: expectShift,
  default: 0,
} as AnyRowWithDefault<number | readonly number[]>;

/** Options of Keras' ImageDataGenerator that a set is measured with, too, as data. */
export const MEASURED_OPTIONS = {
  /** Degrees: drawn from [-n, n]. */
  rotationRange: AT_LEAST_ZERO,
  /** Below 1 a share of the width; a whole number n: pixels from (-n, n); a list: one of its values, either way. */
  widthShiftRange: SHIFT,
  /** As for the width, with the height. */
  heightShiftRange: SHIFT,
  /** The factors that brightness is drawn from. */
  brightnessRange: {
    type: 'any',
    expected: 'a range of at least 0',
    check: (argument, value) => expectRange(argument, value, 0),
  } as AnyRow<NumberRange>,
  /** Degrees: drawn from [-n, n]. */
  shearRange: AT_LEAST_ZERO,
  /** z stands for [1 - z, 1 + z]; above 1 the picture becomes smaller. */
  zoomRange: ZOOM,
  /** Levels: drawn from [-n, n]. */
  channelShiftRange: AT_LEAST_ZERO,
  /** What stands beyond the border. Default `nearest`. */
  fillMode: { type: 'choice', choices: FILL_MODES, default: 'nearest' },
  /** The value beyond the border for `constant`. Default 0. */
  cval: { type: 'number', default: 0 },
  horizontalFlip: OFF,
  verticalFlip: OFF,
  /** Changes a picture after augmentation and before `rescale`. */
  preprocessingFunction: {
    type: 'any',
    expected: 'a function of a picture that gives a picture',
    check: expectFunction,
  } as AnyRow<(image: FloatImage) => Pick<FloatImage, 'values'>>,
  /** Multiplied last, before centring. */
  rescale: { type: 'number', default: 1 },
  samplewiseCenter: OFF,
  samplewiseStdNormalization: OFF,
  featurewiseCenter: OFF,
  featurewiseStdNormalization: OFF,
  /** Whitens pictures, with `featurewiseCenter` and without `featurewiseStdNormalization`; for small ones: it takes all pixels' covariances. */
  zcaWhitening: OFF,
} as const satisfies OptionTable;

/** Options of Keras' ImageDataGenerator, as data. */
export const GENERATOR_OPTIONS = {
  ...MEASURED_OPTIONS,
  /** What the featurewise options and `zcaWhitening` compute with: of `fitImageDataGenerator`. */
  statistics: { type: 'group', rows: STATISTICS },
} as const satisfies OptionTable;

/**
 * The options of Keras' ImageDataGenerator with its defaults: an absent option does nothing.
 *
 * Not supported: channels first, interpolation orders other than 1.
 */
export interface ImageDataGeneratorOptions extends OptionsOf<typeof GENERATOR_OPTIONS> {}

/** {@link ImageDataGeneratorOptions}, checked and complete. */
export type ResolvedGeneratorOptions = ReadOptions<typeof GENERATOR_OPTIONS>;

/** What Keras makes of options that follow from each other; throws ArgumentError where one that is needed is absent. */
export function resolveGeneratorOptions(options: ResolvedGeneratorOptions): ResolvedGeneratorOptions {
  const { samplewiseStdNormalization, zcaWhitening, rescale } = options;
  const featurewiseStdNormalization = options.featurewiseStdNormalization && !zcaWhitening;
  const featurewiseCenter = featurewiseStdNormalization || zcaWhitening || options.featurewiseCenter;
  return {
    ...options,
    featurewiseStdNormalization,
    // Keras takes a rescale of 0 for none.
    rescale: rescale || GENERATOR_OPTIONS.rescale.default,
    samplewiseCenter: samplewiseStdNormalization || options.samplewiseCenter,
    featurewiseCenter,
  };
}

/** Throws ArgumentError where statistics are absent that the options need, or are those of pictures with other channels. */
export function expectStatistics(
  { featurewiseCenter, zcaWhitening, statistics }: ResolvedGeneratorOptions,
  channels: ChannelCount,
): void {
  for (const name of ['mean', 'standardDeviation'] as const) {
    const values = statistics?.[name];
    if (values === undefined || values.length === channels) continue;
    throw new ArgumentError(
      `options.statistics.${name}`,
      `a number for each of the ${channels} channels`,
      values,
      'Fit the generator with the same colorMode.',
    );
  }
  const isAbsent =
    statistics === undefined ? featurewiseCenter : zcaWhitening && statistics.whitening === undefined;
  if (!isAbsent) return;
  throw new ArgumentError(
    'options.statistics',
    zcaWhitening ? 'means and a whitening matrix' : 'means and standard deviations',
    statistics,
    'fitImageDataGenerator of @zoo/data/node computes them.',
  );
}

function expectShift(argument: string, shift: unknown): number | readonly number[] {
  if (!Array.isArray(shift)) return expectNumber(argument, shift, { minimum: 0 });
  shift.forEach((value, index) => expectNumber(`${argument}[${index}]`, value));
  expectInteger(`${argument}.length`, shift.length, { minimum: 1 });
  return shift as number[];
}
