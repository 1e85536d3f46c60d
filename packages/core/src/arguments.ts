import { ArgumentError, nearestName } from './errors';

/** Bounds of a number argument, both inclusive unless told otherwise. */
export interface NumberBounds {
  minimum?: number;
  maximum?: number;
  /** True if `minimum` itself is not allowed. */
  exclusiveMinimum?: boolean;
  /** True if `maximum` itself is not allowed. */
  exclusiveMaximum?: boolean;
}

/** `value` if it is a finite number within `bounds`; throws {@link ArgumentError} otherwise. */
export function expectNumber(argument: string, value: unknown, bounds: NumberBounds = {}): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || !within(value, bounds)) {
    throw new ArgumentError(argument, `a finite number${boundsInWords(bounds)}`, value);
  }
  return value;
}

/** `value` if it is a safe integer within `bounds`; throws {@link ArgumentError} otherwise. */
export function expectInteger(argument: string, value: unknown, bounds: NumberBounds = {}): number {
  if (!Number.isSafeInteger(value) || !within(value as number, bounds)) {
    throw new ArgumentError(argument, `an integer${boundsInWords(bounds)}`, value);
  }
  return value as number;
}

/** `value` if it is one of `choices`; throws {@link ArgumentError} that names the nearest choice otherwise. */
export function expectOneOf<const Choice extends string>(
  argument: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  if (choices.includes(value as Choice)) return value as Choice;
  const nearest = typeof value === 'string' ? nearestName(value, choices) : undefined;
  throw new ArgumentError(
    argument,
    `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`,
    value,
    nearest === undefined ? '' : `Did you mean '${nearest}'?`,
  );
}

/** Throws {@link ArgumentError} if `options` holds a key that is not in `known`: a misspelt option is never ignored. */
export function expectKnownOptions(argument: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const nearest = nearestName(key, known);
    const advice =
      nearest === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean '${nearest}'?`;
    throw new ArgumentError(argument, 'known options only', key, advice);
  }
}

function within(
  value: number,
  { minimum, maximum, exclusiveMinimum, exclusiveMaximum }: NumberBounds,
): boolean {
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) return false;
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) return false;
  return true;
}

function boundsInWords({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: NumberBounds): string {
  const parts: string[] = [];
  if (minimum !== undefined) parts.push(`${exclusiveMinimum === true ? 'above' : 'of at least'} ${minimum}`);
  if (maximum !== undefined) parts.push(`${exclusiveMaximum === true ? 'below' : 'at most'} ${maximum}`);
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}
