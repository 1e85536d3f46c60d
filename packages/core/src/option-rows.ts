import { ArgumentError } from './errors';
import type { AnyRow, OptionTable } from './option-table';
import { REQUEST_LIMITS } from './requests/request-limits';

/** `value` if it can be called; throws {@link ArgumentError} otherwise. The `check` of rows that hold functions. */
export function expectFunction(argument: string, value: unknown): (...values: never[]) => unknown {
  if (typeof value === 'function') return value as (...values: never[]) => unknown;
  throw new ArgumentError(argument, 'a function', value);
}

function expectAbortSignal(argument: string, value: unknown): AbortSignal {
  // Recognised by its methods, because a signal of another realm is an instance of another class.
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return value as AbortSignal;
  throw new ArgumentError(argument, 'an AbortSignal', value);
}

function expectNames(argument: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw new ArgumentError(argument, 'a list of names', value);
}

/** The row of `signal`, which aborts a call. */
export const SIGNAL = {
  type: 'any',
  expected: 'an AbortSignal',
  check: expectAbortSignal,
} as AnyRow<AbortSignal>;

/** The row of a list of names, such as those of classes. */
export const NAMES = {
  type: 'any',
  expected: 'a list of names',
  check: expectNames,
} as AnyRow<readonly string[]>;

/** What every call takes that reads files, which may lie at an address. */
export const READING_OPTIONS = {
  /** Aborted, reading stops and throws the signal's reason. */
  signal: SIGNAL,
  /** How long to wait for a server, and what to take from it. */
  requests: { type: 'group', rows: REQUEST_LIMITS },
} as const satisfies OptionTable;
