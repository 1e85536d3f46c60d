import { ArgumentError, nearestName } from '@zoo/core';

import { metricName } from '../metrics/monitor';

/** A file name with fields, as Keras' ModelCheckpoint takes one: `{epoch:03d}-{valAccuracy:.4f}`. */
export interface FileNamePattern {
  /** The fields that the pattern has, by our names: `val_acc` is `valAccuracy`. */
  readonly fields: readonly string[];
  /** The name with every field filled in. */
  format(values: Readonly<Record<string, number>>): string;
}

interface Field {
  name: string;
  format: (value: number) => string;
}

/**
 * Parses a pattern whose fields are `{name}` or `{name:format}`; `{{` and `}}` are braces.
 *
 * The formats are those of Python that suit numbers: `03d`, `4d`, `.4f`, `06.2f`, `.3e`, `.1%`. Without a format a number is
 * written as Python's `str` writes it: epoch and step as integers, metrics as floats, `0.0` and `1e-05`.
 *
 * @throws ArgumentError if the pattern is not a plain file name, or a brace or a format is not understood.
 */
export function fileNamePattern(pattern: string): FileNamePattern {
  if (/[/\\\0]/.test(pattern) || pattern === '' || pattern.startsWith('.')) {
    throw new ArgumentError(
      'options.pattern',
      'a file name without folders',
      pattern,
      'Put the folder in `directory`.',
    );
  }
  const parts = parse(pattern);
  const fields = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.name]));
  return {
    fields: [...new Set(fields)],
    format: (values) =>
      parts.map((part) => (typeof part === 'string' ? part : part.format(values[part.name]!))).join(''),
  };
}

/** Throws ArgumentError unless every field of `pattern` is one of `known`. */
export function expectKnownFields(pattern: FileNamePattern, text: string, known: readonly string[]): void {
  for (const field of pattern.fields) {
    if (known.includes(field)) continue;
    const nearest = nearestName(field, known);
    throw new ArgumentError(
      'options.pattern',
      `fields from ${known.join(', ')}`,
      text,
      nearest === undefined ? `There is no '${field}' in this run.` : `Did you mean '${nearest}'?`,
    );
  }
}

function parse(pattern: string): (string | Field)[] {
  const parts: (string | Field)[] = [];
  const token = /\{\{|\}\}|\{([^{}:]+)(?::([^{}]*))?\}|[^{}]+/gy;
  while (token.lastIndex < pattern.length) {
    const match = token.exec(pattern);
    if (match === null) throw new ArgumentError('options.pattern', 'balanced braces', pattern);
    const [text, name, format] = match;
    if (name !== undefined)
      parts.push({ name: metricName(name), format: numberFormat(metricName(name), format ?? '', pattern) });
    else parts.push(text === '{{' ? '{' : text === '}}' ? '}' : text);
  }
  return parts;
}

function numberFormat(name: string, format: string, pattern: string): (value: number) => string {
  if (format === '') return (value) => pythonText(value, name);
  const match = /^(0?)(\d*)(?:\.(\d{1,2}))?([dfe%])$/.exec(format);
  if (match === null || (match[4] === 'd' && match[3] !== undefined)) {
    throw new ArgumentError('options.pattern', 'formats like 03d, .4f, .3e or .1%', pattern);
  }
  const [, zero, width = '', precision = '6', type] = match;
  return (value) => {
    const digits = digitsOf(value, Number(precision), type!);
    return digits.padStart(Number(width), zero === '0' ? '0' : ' ');
  };
}

function digitsOf(value: number, precision: number, type: string): string {
  if (!Number.isFinite(value)) return pythonText(value, '');
  if (type === 'd') return `${Math.trunc(value)}`;
  if (type === '%') return `${toFixedEven(value * 100, precision)}%`;
  if (type === 'f') return toFixedEven(value, precision);
  return withTwoExponentDigits(toExponentialEven(value, precision));
}

/** `toFixed`, but a value exactly half-way goes to the even digit, as in Python: 0.125 is 0.12. */
function toFixedEven(value: number, precision: number): string {
  // From here on toFixed itself goes over to exponents.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${precision === 0 ? '' : `.${'0'.repeat(precision)}`}`;
  const kept = halfToEven(Math.abs(value).toFixed(100), precision);
  return kept === undefined ? value.toFixed(precision) : `${value < 0 ? '-' : ''}${kept}`;
}

/** `toExponential`, in the same way. */
function toExponentialEven(value: number, precision: number): string {
  const [digits, exponent] = Math.abs(value).toExponential(100).split('e') as [string, string];
  const kept = halfToEven(digits, precision);
  return kept === undefined ? value.toExponential(precision) : `${value < 0 ? '-' : ''}${kept}e${exponent}`;
}

/** `digits` cut off behind the point, if that leaves an even last digit and exactly a half over: elsewhere JavaScript agrees. */
function halfToEven(digits: string, precision: number): string | undefined {
  const cut = digits.indexOf('.') + 1 + precision;
  const kept = digits.slice(0, precision === 0 ? cut - 1 : cut);
  const isHalf = /^50*$/.test(digits.slice(cut));
  return isHalf && Number(kept.at(-1)) % 2 === 0 ? kept : undefined;
}

/** A number as Python's `str` writes it: an epoch or step as an integer, everything else as a float. */
function pythonText(value: number, name: string): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (name === 'epoch' || name === 'step') return `${value}`;
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return withTwoExponentDigits(value.toExponential());
  }
  return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : `${value}`;
}

/** Python writes at least two digits of an exponent. */
function withTwoExponentDigits(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
