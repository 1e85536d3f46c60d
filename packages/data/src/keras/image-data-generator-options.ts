import { ArgumentError, expectInteger, expectKnownOptions, expectNumber, expectOneOf } from '@zoo/core';

import { expectRange, type NumberRange } from '../augment/expect-range';
import { FILL_MODES, type FillMode } from '../image/transform-image';

/** A picture as floats, as Keras' preprocessing functions meet it. */
export interface FloatImage {
  /** [height, width, 3] */
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** Per-channel statistics that `featurewiseCenter` and `featurewiseStdNormalization` need: what Keras' `fit` computes. */
export interface FeaturewiseStatistics {
  readonly mean: readonly [number, number, number];
  readonly standardDeviation: readonly [number, number, number];
}

/**
 * Keras' ImageDataGenerator, option for option, with its defaults: what is left out does nothing.
 *
 * Not taken over: ZCA whitening, channels first, interpolation orders other than 1.
 */
export interface ImageDataGeneratorOptions {
  /** Degrees: drawn from [-n, n]. */
  rotationRange?: number;
  /** Below 1 a share of the width; a whole number n: pixels from (-n, n); a list: one of its values, either way. */
  widthShiftRange?: number | readonly number[];
  /** As for the width, with the height. */
  heightShiftRange?: number | readonly number[];
  /** The factors that brightness is drawn from. */
  brightnessRange?: NumberRange;
  /** Degrees: drawn from [-n, n]. */
  shearRange?: number;
  /** z stands for [1 - z, 1 + z]; above 1 the picture becomes smaller. */
  zoomRange?: number | NumberRange;
  /** Levels: drawn from [-n, n]. */
  channelShiftRange?: number;
  /** What stands beyond the border. Default `nearest`. */
  fillMode?: FillMode;
  /** The value beyond the border for `constant`. Default 0. */
  cval?: number;
  horizontalFlip?: boolean;
  verticalFlip?: boolean;
  /** Changes a picture after augmentation and before `rescale`. */
  preprocessingFunction?: (image: FloatImage) => FloatImage;
  /** Multiplied last, before centring. */
  rescale?: number;
  samplewiseCenter?: boolean;
  samplewiseStdNormalization?: boolean;
  featurewiseCenter?: boolean;
  featurewiseStdNormalization?: boolean;
  /** What `featurewiseCenter` and `featurewiseStdNormalization` subtract and divide by. */
  statistics?: FeaturewiseStatistics;
}

/** {@link ImageDataGeneratorOptions}, checked and complete. */
export interface ResolvedGeneratorOptions {
  readonly rotationRange: number;
  readonly widthShiftRange: number | readonly number[];
  readonly heightShiftRange: number | readonly number[];
  readonly brightnessRange: NumberRange | undefined;
  readonly shearRange: number;
  readonly zoomRange: NumberRange;
  readonly channelShiftRange: number;
  readonly fillMode: FillMode;
  readonly cval: number;
  readonly horizontalFlip: boolean;
  readonly verticalFlip: boolean;
  readonly preprocessingFunction: ((image: FloatImage) => FloatImage) | undefined;
  readonly rescale: number;
  readonly samplewiseCenter: boolean;
  readonly samplewiseStdNormalization: boolean;
  readonly featurewiseCenter: boolean;
  readonly featurewiseStdNormalization: boolean;
  readonly statistics: FeaturewiseStatistics | undefined;
}

/** Names of the options, for messages. */
export const GENERATOR_OPTIONS = [
  'rotationRange',
  'widthShiftRange',
  'heightShiftRange',
  'brightnessRange',
  'shearRange',
  'zoomRange',
  'channelShiftRange',
  'fillMode',
  'cval',
  'horizontalFlip',
  'verticalFlip',
  'preprocessingFunction',
  'rescale',
  'samplewiseCenter',
  'samplewiseStdNormalization',
  'featurewiseCenter',
  'featurewiseStdNormalization',
  'statistics',
] as const satisfies (keyof ImageDataGeneratorOptions)[];

/** `options` with Keras' defaults; throws ArgumentError for what makes no sense. */
export function resolveGeneratorOptions(options: ImageDataGeneratorOptions): ResolvedGeneratorOptions {
  expectKnownOptions('options', options, GENERATOR_OPTIONS);
  const atLeastZero = (name: keyof ImageDataGeneratorOptions, value: number | undefined) =>
    expectNumber(`options.${name}`, value ?? 0, { minimum: 0 });
  const samplewiseStdNormalization = options.samplewiseStdNormalization ?? false;
  const featurewiseStdNormalization = options.featurewiseStdNormalization ?? false;
  const featurewiseCenter = featurewiseStdNormalization || (options.featurewiseCenter ?? false);
  if (featurewiseCenter && options.statistics === undefined) {
    throw new ArgumentError('options.statistics', 'means and standard deviations', undefined);
  }
  return {
    rotationRange: atLeastZero('rotationRange', options.rotationRange),
    widthShiftRange: expectShift('options.widthShiftRange', options.widthShiftRange ?? 0),
    heightShiftRange: expectShift('options.heightShiftRange', options.heightShiftRange ?? 0),
    brightnessRange:
      options.brightnessRange && expectRange('options.brightnessRange', options.brightnessRange, 0),
    shearRange: atLeastZero('shearRange', options.shearRange),
    zoomRange: expectZoom(options.zoomRange ?? 0),
    channelShiftRange: atLeastZero('channelShiftRange', options.channelShiftRange),
    fillMode: expectOneOf('options.fillMode', options.fillMode ?? 'nearest', FILL_MODES),
    cval: expectNumber('options.cval', options.cval ?? 0),
    horizontalFlip: options.horizontalFlip ?? false,
    verticalFlip: options.verticalFlip ?? false,
    preprocessingFunction: options.preprocessingFunction,
    // Keras takes a rescale of 0 for none.
    rescale: expectNumber('options.rescale', options.rescale ?? 1) || 1,
    samplewiseCenter: samplewiseStdNormalization || (options.samplewiseCenter ?? false),
    samplewiseStdNormalization,
    featurewiseCenter,
    featurewiseStdNormalization,
    statistics: options.statistics,
  };
}

function expectShift(argument: string, shift: number | readonly number[]): number | readonly number[] {
  if (typeof shift === 'number') return expectNumber(argument, shift, { minimum: 0 });
  shift.forEach((value, index) => expectNumber(`${argument}[${index}]`, value));
  expectInteger(`${argument}.length`, shift.length, { minimum: 1 });
  return shift;
}

function expectZoom(zoom: number | NumberRange): NumberRange {
  if (typeof zoom !== 'number') return expectRange('options.zoomRange', zoom, Number.MIN_VALUE);
  expectNumber('options.zoomRange', zoom, { minimum: 0, maximum: 1, exclusiveMaximum: true });
  return [1 - zoom, 1 + zoom];
}
