import {
  ArgumentError,
  expectNumber,
  readOptions,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { toGrey } from './color-operations';
import { expectRange, type NumberRange } from './expect-range';
import { planned } from './planned';
import { sometimes } from './random-flip';

/** A number or a range, read as the range of a factor; undefined where it changes nothing. */
const FACTOR = {
  type: 'any',
  expected: 'a number of at least 0, or a range of factors',
  check: factorRange,
} as AnyRow<number | NumberRange, NumberRange | undefined>;

/** Options of {@link colorJitter}, as data. */
export const COLOR_JITTER_OPTIONS = {
  /** `b` draws a factor from [max(0, 1 - b), 1 + b]; or the range itself. */
  brightness: FACTOR,
  /** As for `brightness`. */
  contrast: FACTOR,
  /** As for `brightness`. */
  saturation: FACTOR,
  /** `h` turns the hue by [-h, h] of the colour circle, at most 0.5; or the range itself. */
  hue: {
    type: 'any',
    expected: 'a number from 0 to 0.5, or a range from -0.5 to 0.5',
    check: hueRange,
  } as AnyRow<number | NumberRange, NumberRange | undefined>,
} as const satisfies OptionTable;

/** Options of {@link colorJitter}: each is left out by default. */
export interface ColorJitterOptions extends OptionsOf<typeof COLOR_JITTER_OPTIONS> {}

/** Changes brightness, contrast, saturation and hue at random, in random order: torchvision's ColorJitter. */
export function colorJitter(options: ColorJitterOptions): Augmentation {
  const { brightness, contrast, saturation, hue } = readOptions(COLOR_JITTER_OPTIONS, options);
  const changes = (
    [
      ['brightness', brightness],
      ['contrast', contrast],
      ['saturation', saturation],
      ['hue', hue],
    ] as const
  ).filter((change): change is [(typeof change)[0], NumberRange] => change[1] !== undefined);
  if (changes.length === 0) {
    throw new ArgumentError('options', 'at least one of brightness, contrast, saturation and hue', options);
  }
  return planned('colorJitter', { ...options }, (_, random) =>
    Array.from(random.permutation(changes.length), (index) => {
      const [kind, range] = changes[index]!;
      return { kind, amount: random.uniformBetween(...range) };
    }),
  );
}

/** Options of {@link randomGrayscale}, as data. */
export const RANDOM_GRAYSCALE_OPTIONS = {
  /** How often it happens, from 0 to 1. Default 0.1. */
  probability: { ...PROBABILITY, default: 0.1 },
} as const satisfies OptionTable;

/** Options of {@link randomGrayscale}. */
export interface RandomGrayscaleOptions extends OptionsOf<typeof RANDOM_GRAYSCALE_OPTIONS> {}

/** Removes the colour: red, green and blue become the grey of ITU-R BT.601. */
export function randomGrayscale(options: RandomGrayscaleOptions = {}): Augmentation {
  return sometimes('randomGrayscale', readOptions(RANDOM_GRAYSCALE_OPTIONS, options), toGrey);
}

function factorRange(argument: string, value: unknown): NumberRange | undefined {
  if (typeof value !== 'number') return expectRange(argument, value, 0);
  expectNumber(argument, value, { minimum: 0 });
  return value === 0 ? undefined : [Math.max(0, 1 - value), 1 + value];
}

function hueRange(argument: string, value: unknown): NumberRange | undefined {
  if (value === 0) return undefined;
  return expectRange(argument, typeof value === 'number' ? [-value, value] : value, -0.5, 0.5);
}
