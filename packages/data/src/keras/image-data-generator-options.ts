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

/** A picture as floats, as Keras' preprocessing functions meet it. */
export interface FloatImage {
  /** [height, width, 3] */
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** A number for each channel. */
const CHANNEL_VALUES = {
  type: 'any',
  expected: 'three numbers',
  isRequired: true,
  check: (argument, value) => {
    if (Array.isArray(value) && value.length === 3 && value.every(Number.isFinite)) {
      return value as unknown as [number, number, number];
    }
    throw new ArgumentError(argument, 'three numbers', value);
  },
} as RequiredAnyRow<readonly [number, number, number]>;

const STATISTICS = {
  mean: CHANNEL_VALUES,
  standardDeviation: CHANNEL_VALUES,
} as const satisfies OptionTable;

/** Per-channel statistics that `featurewiseCenter` and `featurewiseStdNormalization` need: what Keras' `fit` computes. */
export interface FeaturewiseStatistics extends OptionsOf<typeof STATISTICS> {}

const AT_LEAST_ZERO = { type: 'number', minimum: 0, default: 0 } as const;
const OFF = { type: 'boolean', default: false } as const;
const SHIFT = {
  type: 'any',
  expected: 'a number of at least 0, or a list of numbers',
  check: expectShift,
  default: 0,
} as AnyRowWithDefault<number | readonly number[]>;

/** Options of Keras' ImageDataGenerator, as data. */
export const GENERATOR_OPTIONS = {
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
  } as AnyRow<(image: FloatImage) => FloatImage>,
  /** Multiplied last, before centring. */
  rescale: { type: 'number', default: 1 },
  samplewiseCenter: OFF,
  samplewiseStdNormalization: OFF,
  featurewiseCenter: OFF,
  featurewiseStdNormalization: OFF,
  /** What `featurewiseCenter` and `featurewiseStdNormalization` subtract and divide by. */
  statistics: { type: 'group', rows: STATISTICS },
} as const satisfies OptionTable;

/**
 * Keras' ImageDataGenerator, option for option, with its defaults: what is left out does nothing.
 *
 * Not taken over: ZCA whitening, channels first, interpolation orders other than 1.
 */
export interface ImageDataGeneratorOptions extends OptionsOf<typeof GENERATOR_OPTIONS> {}

/** {@link ImageDataGeneratorOptions}, checked and complete. */
export type ResolvedGeneratorOptions = ReadOptions<typeof GENERATOR_OPTIONS>;

/** What Keras makes of options that follow from each other; throws ArgumentError where one that is needed is absent. */
export function resolveGeneratorOptions(options: ResolvedGeneratorOptions): ResolvedGeneratorOptions {
  const { samplewiseStdNormalization, featurewiseStdNormalization, rescale, statistics } = options;
  const featurewiseCenter = featurewiseStdNormalization || options.featurewiseCenter;
  if (featurewiseCenter && statistics === undefined) {
    throw new ArgumentError('options.statistics', 'means and standard deviations', undefined);
  }
  return {
    ...options,
    // Keras takes a rescale of 0 for none.
    rescale: rescale || GENERATOR_OPTIONS.rescale.default,
    samplewiseCenter: samplewiseStdNormalization || options.samplewiseCenter,
    featurewiseCenter,
  };
}

function expectShift(argument: string, shift: unknown): number | readonly number[] {
  if (!Array.isArray(shift)) return expectNumber(argument, shift, { minimum: 0 });
  shift.forEach((value, index) => expectNumber(`${argument}[${index}]`, value));
  expectInteger(`${argument}.length`, shift.length, { minimum: 1 });
  return shift as number[];
}
