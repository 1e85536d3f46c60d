import { isZooError, ZooError, type ZooErrorCode } from '@zoo/core';

/** An error as plain data: what a structured clone would lose of ours, its code and fields, is kept. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of an error of the zoo. */
  readonly code: ZooErrorCode | undefined;
  /** Further fields that can be sent: `argument`, `differences`. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const KNOWN = new Set(['name', 'message', 'stack', 'code', 'cause']);

/** An error, or whatever was thrown, for another thread. */
export function toSentError(error: unknown): SentError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined, code: undefined, fields: {} };
  }
  const fields = Object.entries(error).filter(([key, value]) => !KNOWN.has(key) && isSendable(value));
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: isZooError(error) ? error.code : undefined,
    fields: Object.fromEntries(fields),
  };
}

/** The error again: `isZooError` knows it by its code, its fields are there, and `stack` is the worker's. */
export function fromSentError({ name, message, stack, code, fields }: SentError): Error {
  const error = code === undefined ? new Error(message) : new ZooError(code, message);
  Object.defineProperty(error, 'name', { value: name, configurable: true });
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true });
  return Object.assign(error, fields);
}

function isSendable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
