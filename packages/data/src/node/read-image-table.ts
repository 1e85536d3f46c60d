import { dirname, extname, resolve } from 'node:path';

import {
  ArgumentError,
  NAMES,
  readOptions,
  ZooError,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { labelledSet, type NamedExample } from '../sets/labelled-set';
import { parseCsv } from '../sets/parse-csv';

import type { ImageFolder } from './read-image-folder';
import { readRegularFile } from './read-regular-file';

const COLUMN = { type: 'text', expected: 'the name of a column' } as const;

const READ_IMAGE_TABLE_OPTIONS = {
  /** The column, or the key, that holds a picture's path. Default `path`. */
  path: { ...COLUMN, default: 'path' },
  /** The column, or the key, that holds its class. Default `label`. */
  label: { ...COLUMN, default: 'label' },
  /** The folder that paths are relative to. Default the table's own. */
  directory: { type: 'text', expected: 'the path of a folder' },
  /** The classes in label order. Default those that occur, sorted: by value if all are whole numbers, else by code points. */
  classNames: NAMES,
} as const satisfies OptionTable;

/** Options of {@link readImageTable}. */
export interface ReadImageTableOptions extends OptionsOf<typeof READ_IMAGE_TABLE_OPTIONS> {}

/** What stands between the fields of a table, by its ending; undefined for JSON lines. */
const DELIMITERS: Readonly<Record<string, string | undefined>> = {
  '.csv': ',',
  '.tsv': '\t',
  '.jsonl': undefined,
  '.ndjson': undefined,
};

/** True for a path that ends as a table of {@link readImageTable} does. */
export function isImageTable(path: string): boolean {
  return Object.hasOwn(DELIMITERS, extname(path).toLowerCase());
}

/**
 * The examples that a table lists: a CSV or TSV file with a line of column names, or a file of JSON lines. Nothing is decoded.
 *
 * A picture has one class: a list of several is refused, because training here is by softmax over the classes.
 *
 * @example
 * const set = await readImageTable('pictures.csv', { path: 'file', label: 'class' }); // file,class / a/1.jpg,cat
 *
 * @throws ZooError `invalid-file` that names the line: for a table that can't be read, a column that is absent, a path or class that
 *   is empty, or several classes for one picture.
 */
export async function readImageTable(
  path: string,
  options: ReadImageTableOptions = {},
): Promise<ImageFolder> {
  const resolved = readOptions(READ_IMAGE_TABLE_OPTIONS, options);
  if (typeof path !== 'string' || !isImageTable(path)) {
    throw new ArgumentError(
      'path',
      `the path of a table that ends in ${Object.keys(DELIMITERS).join(', ')}`,
      path,
    );
  }
  const bytes = await readRegularFile(path, unreadableTable);
  const text = decodeText(path, bytes);
  const delimiter = DELIMITERS[extname(path).toLowerCase()];
  const rows = delimiter === undefined ? jsonRows(path, text) : csvRows(path, text, delimiter, resolved);
  const directory = resolved.directory ?? dirname(path);
  const named = rows.map((row) => ({
    path: resolve(directory, expectCell(path, row, resolved.path)),
    name: expectCell(path, row, resolved.label),
  })) satisfies NamedExample[];
  return { directory, ...labelledSet(named, resolved.classNames, path), ignored: [] };
}

interface Row {
  readonly line: number;
  readonly cells: Readonly<Record<string, unknown>>;
}

function decodeText(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ZooError('invalid-file', `Expected ${path} to be UTF-8 text but it is not. Save it as UTF-8.`, {
      cause,
    });
  }
}

function csvRows(
  path: string,
  text: string,
  delimiter: string,
  columns: { readonly path: string; readonly label: string },
): Row[] {
  const { records, problem } = parseCsv(text, delimiter);
  if (problem !== undefined) throw tableError(path, 'fields as RFC 4180 has them', problem);
  const [header, ...rest] = records;
  const names = header?.fields ?? [];
  const absent = [columns.path, columns.label].find((name) => !names.includes(name));
  if (absent !== undefined) {
    throw tableError(
      path,
      `a first line that names the columns, '${absent}' among them,`,
      names.length === 0 ? 'an empty file' : names.join(', '),
      `Call the columns '${columns.path}' and '${columns.label}', or say what they are called: the options path and label.`,
    );
  }
  return rest.map(({ fields, line }) => {
    if (fields.length !== names.length) {
      throw tableError(path, `${names.length} fields`, `${fields.length} on line ${line}`);
    }
    return { line, cells: Object.fromEntries(names.map((name, place) => [name, fields[place]])) };
  });
}

function jsonRows(path: string, text: string): Row[] {
  return text.split(/\r\n|\n/).flatMap((content, place) => {
    if (content.trim() === '') return [];
    const line = place + 1;
    let cells: unknown;
    try {
      cells = JSON.parse(content);
    } catch {
      throw tableError(path, 'an object of JSON on each line', `no JSON on line ${line}`);
    }
    if (typeof cells !== 'object' || cells === null || Array.isArray(cells)) {
      throw tableError(path, 'an object of JSON on each line', `another value on line ${line}`);
    }
    return [{ line, cells: cells as Record<string, unknown> }];
  });
}

/** The one value of a cell, as text. */
function expectCell(path: string, { line, cells }: Row, column: string): string {
  const stored = Object.hasOwn(cells, column) ? cells[column] : undefined;
  if (Array.isArray(stored) && stored.length !== 1) {
    throw tableError(
      path,
      `one value of '${column}' a picture`,
      `${stored.length} on line ${line}`,
      'Several classes a picture are not supported: training is by softmax over the classes.',
    );
  }
  const value: unknown = Array.isArray(stored) ? stored[0] : stored;
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const found = value === undefined || value === '' ? 'none' : JSON.stringify(value);
  throw tableError(path, `text or a number as '${column}'`, `${found} on line ${line}`);
}

function unreadableTable(path: string, problem: string, cause?: unknown): ZooError {
  const message = `Expected a table of pictures at ${path} but ${problem}. Check the path.`;
  return new ZooError('invalid-file', message, { cause });
}

function tableError(path: string, expected: string, found: string, advice = 'Fix the table.'): ZooError {
  return new ZooError('invalid-file', `Expected ${expected} in ${path} but found ${found}. ${advice}`);
}
