import { ArgumentError, expectNumber, type AnyRow, type AnyRowWithDefault } from '@zoo/core/options';

/** A lower and an upper bound, both included. */
export type NumberRange = readonly [minimum: number, maximum: number];

/** `range` if it is two ordered numbers within the bounds; throws ArgumentError otherwise. */
export function expectRange(
  argument: string,
  range: unknown,
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
): NumberRange {
  const [low, high] = Array.isArray(range) && range.length === 2 ? (range as [unknown, unknown]) : [];
  if (!Number.isFinite(low) || !Number.isFinite(high) || !isOrdered(minimum, low, high, maximum)) {
    const bounds = [
      Number.isFinite(minimum) ? ` from ${minimum}` : '',
      Number.isFinite(maximum) ? ` to ${maximum}` : '',
    ].join('');
    throw new ArgumentError(argument, `two numbers in ascending order${bounds}`, range);
  }
  return [low as number, high as number];
}

function isOrdered(...values: unknown[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] as number) <= (value as number));
}

/** `[-value, value]` for a number of at least 0, or the range given. */
export function symmetricRange(argument: string, value: unknown): NumberRange {
  return typeof value === 'number' ? expectRange(argument, [-value, value]) : expectRange(argument, value);
}

/** A number z, which stands for [1 - z, 1 + z], or a range of factors. */
export const ZOOM = {
  type: 'any',
  expected: 'a number z below 1 for [1 - z, 1 + z], or a range above 0',
  check: (argument, value) => {
    if (typeof value !== 'number') return expectRange(argument, value, Number.MIN_VALUE);
    const zoom = expectNumber(argument, value, { minimum: 0, maximum: 1, exclusiveMaximum: true });
    return [1 - zoom, 1 + zoom];
  },
  default: [1, 1],
} as AnyRowWithDefault<number | NumberRange, NumberRange>;

/** From a number above 0 to one that is as large or larger. */
export const POSITIVE_RANGE = {
  type: 'any',
  expected: 'a range above 0',
  check: (argument, value) => expectRange(argument, value, Number.MIN_VALUE),
} as AnyRow<NumberRange>;
