/**
 * Typed errors that read as sentences: "Expected X for `argument` but received Y. What to do next."
 *
 * Every error of the zoo carries a `code`. Recognise one with {@link isZooError} rather than `instanceof`:
 * two copies of this package in one process have two classes, and a check by code survives that.
 */

const MARKER = Symbol.for('@zoo/error');

/** What went wrong, for programs: stable across versions and across copies of this package. */
export type ZooErrorCode =
  /** An argument has a wrong type, value or shape. */
  | 'invalid-argument'
  /** A file or folder is absent, unreadable or not what it should be. */
  | 'invalid-file'
  /** Weights and model do not fit each other. */
  | 'weights-mismatch'
  /** An engine that was asked for by name is absent or can't do the job. */
  | 'engine-unavailable'
  /** A step needs more memory than the engine has. */
  | 'out-of-memory'
  /** The graphics card stopped: its driver was reset or it was taken away. What was on it is gone. */
  | 'device-lost'
  /** A thing the format or engine at hand can't express. */
  | 'unsupported'
  /** Training met a loss or a gradient that is not finite. */
  | 'not-finite'
  /** The network, or a download's content, is not as it should be. */
  | 'download'
  /** MPI or what calls it is absent, or an exchange between ranks failed. */
  | 'communicator'
  /** Training ended in order because another rank of the run was asked to stop. */
  | 'interrupted'
  /** A worker could not be started, does not answer as it should, or ended early. */
  | 'worker';

/** The base class of every error that zoo throws on purpose. */
export class ZooError extends Error {
  readonly [MARKER] = true;
  override readonly name: string = 'ZooError';

  /**
   * @param code What went wrong, for programs.
   * @param message One or two sentences, for people: what happened and what to do next.
   * @param options `cause`: the error underneath, if any.
   */
  constructor(
    readonly code: ZooErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(printable(cutMiddle(message), Infinity), options);
  }
}

/** Longest message: a list of many weights fits; a file whose names are megabytes long does not fill a screen. */
const MESSAGE_CHARACTERS = 16_384;

/**
 * `text`, cut if it is too long, with control characters (except tab and line feed) and marks that hide or reverse text escaped as
 * `\u001b`. Names of layers and classes come from untrusted files and must not draw on a terminal.
 */
export function printable(text: string, characters = MESSAGE_CHARACTERS): string {
  return cutText(text, characters).replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Longest end of a message that is cut: what to do next is said there. */
const END_CHARACTERS = 1024;

/** A message whose middle is left out where it is too long, so that its advice is there whatever a file is called or holds. */
function cutMiddle(message: string): string {
  if (message.length <= MESSAGE_CHARACTERS) return message;
  return cutText(message, MESSAGE_CHARACTERS - END_CHARACTERS) + message.slice(-END_CHARACTERS);
}

/** `text`, or its beginning and three dots if it is longer than `characters`. */
export function cutText(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 3)}...`;
}

/** An argument of a public function is not what the function takes; nothing has been done. */
export class ArgumentError extends ZooError {
  override readonly name = 'ArgumentError';

  /**
   * @param argument The argument's name as the caller wrote it, for example `options.classes`.
   * @param expected What the function takes, as the words after "Expected": "a positive integer".
   * @param received The value that came.
   * @param nextStep A sentence that says what to do, if the expectation does not say it.
   */
  constructor(
    readonly argument: string,
    expected: string,
    received: unknown,
    nextStep = '',
  ) {
    const sentence = `Expected ${expected} for \`${argument}\` but received ${describeValue(received)}.`;
    super('invalid-argument', nextStep === '' ? sentence : `${sentence} ${nextStep}`);
  }
}

/** True for any error the zoo threw on purpose, from whichever copy of this package; with `code`, for that one only. */
export function isZooError<Code extends ZooErrorCode = ZooErrorCode>(
  error: unknown,
  code?: Code,
): error is ZooError & { readonly code: Code } {
  if (typeof error !== 'object' || error === null || !(MARKER in error)) return false;
  return code === undefined || (error as ZooError).code === code;
}

/** Longest value that a message shows. */
const SHOWN_CHARACTERS = 120;

/** Describes a value for an error message: short, with its type if the value alone could mislead. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (typeof value === 'string') return JSON.stringify(cutText(value, SHOWN_CHARACTERS));
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `the function ${value.name || '(anonymous)'}`;
  if (Array.isArray(value)) return cutText(`[${value.map(describeValue).join(', ')}]`, SHOWN_CHARACTERS);
  if (typeof value === 'symbol') return value.toString();
  return describeObject(value);
}

function describeObject(value: object): string {
  // An object made by Object.create(null) has no constructor, although its type claims one.
  const { constructor, shape } = value as { constructor?: { name: string }; shape?: unknown };
  const name = constructor?.name ?? 'Object';
  if (Array.isArray(shape)) return `a ${name} of shape [${shape.join(', ')}]`;
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

/**
 * The entry of `candidates` that `name` most likely meant, or undefined if none is near.
 *
 * Near is a Levenshtein distance of at most a third of the name's length, upper and lower case alike.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = previous[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
