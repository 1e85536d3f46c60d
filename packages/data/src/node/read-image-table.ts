import { dirname, extname, resolve } from 'node:path';

import {
  ArgumentError,
  NAMES,
  readOptions,
  ZooError,
  type OptionsOf,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

import { labelledSet, multiLabelledSet } from '../sets/labelled-set';
import { parseCsv } from '../sets/parse-csv';

import type { ImageFolder } from './read-image-folder';
import { readRegularFile } from './read-regular-file';

const COLUMN = { type: 'text', expected: 'the name of a column' } as const;

const READ_IMAGE_TABLE_OPTIONS = {
  /** The column, or the key, that holds a picture's path. Default `path`. */
  path: { ...COLUMN, default: 'path' },
  /**
   * The column, or the key, that holds its class, or its classes: a list in JSON, or text that `separator` cuts. Default `label`, or
   * `labels` where there is none.
   */
  label: COLUMN,
  /** What stands between several classes in a cell. Default: nothing, a cell is one class; in a column called `labels` it is `|`. */
  separator: { type: 'text', expected: 'what stands between classes' },
  /**
   * Columns, or keys, of 0 and 1 (or false and true), one for each class, which they are called by. Default, in a table without `label` and
   * `labels`: all others, where each holds nothing but 0 and 1.
   */
  labelColumns: NAMES,
  /** The folder that paths are relative to. Default the table's own. */
  directory: { type: 'text', expected: 'the path of a folder' },
  /**
   * The classes in label order. Default those that occur, sorted: by value if all are whole numbers, else by code points; or
   * `labelColumns`.
   */
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
 * Lists the examples of a table: a CSV or TSV file with a line of column names, or a file of JSON lines. Nothing is decoded.
 *
 * A table that gives pictures several classes, by a list, a cell with a separator or one column per class, makes a multi-label set: its
 * examples have `labels`, which may be empty, batches have a 1 for each label, and its network ends in one sigmoid per class.
 *
 * @example
 * const set = await readImageTable('pictures.csv', { path: 'file', label: 'class' }); // file,class / a/1.jpg,cat
 * const many = await readImageTable('scenes.csv'); // path,labels / 1.jpg,beach|sea / 2.jpg,
 * const flags = await readImageTable('faces.csv'); // path,glasses,hat / 1.jpg,1,0
 *
 * @throws ZooError `invalid-file` that names the line: for a table that can't be read, a column that is absent, a path or a single class that
 *   is empty, or another value than 0 and 1 in a column of a class.
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
  const table = delimiter === undefined ? jsonTable(path, text) : csvTable(path, text, delimiter, resolved);
  const directory = resolved.directory ?? dirname(path);
  const pathOf = (row: Row): string => resolve(directory, expectCell(path, row, resolved.path));
  const labels = labelsIn(path, table, resolved);
  const { classNames = labels.columns } = resolved;
  const set =
    labels.one === undefined
      ? multiLabelledSet(
          table.rows.map((row) => ({ path: pathOf(row), names: labels.several(row) })),
          classNames,
          path,
        )
      : labelledSet(
          table.rows.map((row) => ({ path: pathOf(row), name: labels.one(row) })),
          classNames,
          path,
        );
  return { directory, ...set, ignored: [] };
}

interface Row {
  readonly line: number;
  readonly cells: Readonly<Record<string, unknown>>;
}

interface Table {
  /** Names of columns; of JSON, all keys that occur. */
  readonly names: readonly string[];
  readonly rows: readonly Row[];
}

/** How a row's class is read, or, without \`one\`, its classes. */
type Labels =
  | { readonly one: (row: Row) => string; readonly columns?: undefined }
  | {
      readonly one?: undefined;
      readonly several: (row: Row) => string[];
      /** The classes, where each has a column. */
      readonly columns?: readonly string[] | undefined;
    };

type LabelOptions = ReadOptions<typeof READ_IMAGE_TABLE_OPTIONS>;

function labelsIn(path: string, table: Table, options: LabelOptions): Labels {
  const { labelColumns, label, separator } = options;
  if (labelColumns !== undefined) {
    if (label !== undefined || separator !== undefined) {
      throw new ArgumentError('options.labelColumns', 'no label or separator beside it', labelColumns);
    }
    return labelsByColumn(path, table, labelColumns);
  }
  const column = label ?? ['label', 'labels'].find((name) => table.names.includes(name));
  if (column === undefined) {
    const columns = table.names.filter((name) => name !== options.path);
    const areFlags = table.rows.every(({ cells }) =>
      columns.every((name) => flagOf(cells[name]) !== undefined),
    );
    if (areFlags && columns.length > 1 && table.rows.length > 0) return labelsByColumn(path, table, columns);
  }
  const name = column ?? 'label';
  expectColumn(path, table, name, options.path);
  const isList = table.rows.some(({ cells }) => Array.isArray(cells[name]));
  if (!isList && separator === undefined && (label !== undefined || name !== 'labels')) {
    return { one: (row) => expectCell(path, row, name) };
  }
  return { several: (row) => expectCells(path, row, name, separator ?? '|') };
}

function labelsByColumn(path: string, table: Table, columns: readonly string[]): Labels {
  for (const name of columns) expectColumn(path, table, name, undefined);
  const several = ({ line, cells }: Row): string[] =>
    columns.filter((name) => {
      const flag = flagOf(cells[name]);
      if (flag !== undefined) return flag;
      throw tableError(path, `0 or 1 as '${name}'`, `${inWords(cells[name])} on line ${line}`);
    });
  return { several, columns };
}

/** What a cell says that is 0 or 1, or the like; undefined for another. */
function flagOf(cell: unknown): boolean | undefined {
  if (cell === true || cell === 1) return true;
  if (cell === false || cell === 0) return false;
  if (typeof cell !== 'string') return undefined;
  if (/^(1(\.0*)?|true)$/i.test(cell)) return true;
  return /^(0(\.0*)?|false)$/i.test(cell) ? false : undefined;
}

function expectColumn(
  path: string,
  { names, rows }: Table,
  name: string,
  pathColumn: string | undefined,
): void {
  // A JSON row that lacks a key is reported with its line.
  if (names.includes(name) || rows.length === 0) return;
  throw tableError(
    path,
    `a column '${name}'`,
    names.length === 0 ? 'no columns' : names.join(', '),
    pathColumn === undefined
      ? 'Name columns that it has.'
      : `Call the columns '${pathColumn}' and '${name}', or say what they are called: the options path and label.`,
  );
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

function csvTable(
  path: string,
  text: string,
  delimiter: string,
  { path: pathColumn, label: labelColumn = 'label' }: LabelOptions,
): Table {
  const { records, problem } = parseCsv(text, delimiter);
  if (problem !== undefined) throw tableError(path, 'fields as RFC 4180 has them', problem);
  const [header, ...rest] = records;
  const names = header?.fields ?? [];
  if (!names.includes(pathColumn)) {
    throw tableError(
      path,
      `a first line that names the columns, '${pathColumn}' among them,`,
      names.length === 0 ? 'an empty file' : names.join(', '),
      `Call the columns '${pathColumn}' and '${labelColumn}', or say what they are called: the options path and label.`,
    );
  }
  const rows = rest.map(({ fields, line }) => {
    if (fields.length !== names.length) {
      throw tableError(path, `${names.length} fields`, `${fields.length} on line ${line}`);
    }
    return { line, cells: Object.fromEntries(names.map((name, place) => [name, fields[place]])) };
  });
  return { names, rows };
}

function jsonTable(path: string, text: string): Table {
  const rows = text.split(/\r\n|\n/).flatMap((content, place) => {
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
  return { names: [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))], rows };
}

/** The value of a cell, as text. */
function expectCell(path: string, { line, cells }: Row, column: string): string {
  const value: unknown = Object.hasOwn(cells, column) ? cells[column] : undefined;
  const text = textOf(value);
  if (text !== undefined && text !== '') return text;
  throw tableError(path, `text or a number as '${column}'`, `${inWords(value)} on line ${line}`);
}

/** All values of a cell: of a list, or of a text that `separator` cuts. */
function expectCells(path: string, { line, cells }: Row, column: string, separator: string): string[] {
  const value: unknown = Object.hasOwn(cells, column) ? cells[column] : undefined;
  const values: unknown[] = Array.isArray(value)
    ? value
    : typeof value === 'string'
      ? value.split(separator).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
      : [value];
  return values.map((each) => {
    const text = textOf(each);
    if (text !== undefined && text !== '') return text;
    throw tableError(path, `a list of texts or numbers as '${column}'`, `${inWords(value)} on line ${line}`);
  });
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

const inWords = (value: unknown): string =>
  value === undefined || value === '' ? 'none' : JSON.stringify(value);

function unreadableTable(path: string, problem: string, cause?: unknown): ZooError {
  const message = `Expected a table of pictures at ${path} but ${problem}. Check the path.`;
  return new ZooError('invalid-file', message, { cause });
}

function tableError(path: string, expected: string, found: string, advice = 'Fix the table.'): ZooError {
  return new ZooError('invalid-file', `Expected ${expected} in ${path} but found ${found}. ${advice}`);
}
