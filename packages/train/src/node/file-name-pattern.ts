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
 * The formats are those of Python that suit numbers: `03d`, `4d`, `.4f`, `06.2f`, `.3e`, `.1%`. Without a format a number has
 * all its digits.
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
      parts.push({ name: metricName(name), format: numberFormat(format ?? '', pattern) });
    else parts.push(text === '{{' ? '{' : text === '}}' ? '}' : text);
  }
  return parts;
}

function numberFormat(format: string, pattern: string): (value: number) => string {
  if (format === '') return String;
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
  if (type === 'd') return `${Math.trunc(value)}`;
  if (type === '%') return `${(value * 100).toFixed(precision)}%`;
  if (type === 'f') return value.toFixed(precision);
  // Python writes at least two digits of an exponent.
  return value.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
}
