import { expectInteger, expectKnownOptions, expectNumber, expectOneOf, type NumberBounds } from './arguments';
import { ArgumentError } from './errors';

/**
 * The options of one call, written once: name, type, range and default of each are data, from which the check, its error, the type
 * that callers see, the documentation's tables and the command line's flags come.
 *
 * @example
 * export const BLUR_OPTIONS = {
 *   // A doc comment in real code: How often it happens. Default 0.5.
 *   probability: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
 *   radius: { type: 'integer', minimum: 1, isRequired: true },
 * } as const satisfies OptionTable;
 *
 * export interface BlurOptions extends OptionsOf<typeof BLUR_OPTIONS> {}
 *
 * export function blur(options: BlurOptions) {
 *   const { probability, radius } = readOptions(BLUR_OPTIONS, options);
 * }
 */
export type OptionTable = Readonly<Record<string, OptionRow>>;

/** One option: its values, whether it is required, and its default. */
export type OptionRow =
  | NumberRow
  | Row<'boolean', boolean>
  | TextRow
  | ChoiceRow
  | GroupRow
  // Any type: each row's own check narrows it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  | AnyRow<any, any>;

interface Row<Type extends string, Value> {
  readonly type: Type;
  readonly isRequired?: true;
  /** `undefined` in a row that takes over another one's values and not its default. */
  readonly default?: Value | undefined;
}

/** A finite number, or a whole one, within bounds. */
export interface NumberRow extends Row<'integer' | 'number', number>, Readonly<NumberBounds> {}

/** A string that is not empty. */
export interface TextRow extends Row<'text', string> {
  /** What it says, for messages: `the path of a folder`. */
  readonly expected?: string;
}

/** One of some names. */
export interface ChoiceRow extends Row<'choice', string> {
  readonly choices: readonly string[];
}

/** Options within an option. */
export interface GroupRow {
  readonly type: 'group';
  readonly rows: OptionTable;
  readonly isRequired?: true;
}

/**
 * A value of any other type, written `{ type: 'any' } as AnyRow<Schedule>`: functions, pictures, models.
 *
 * `Value` is what callers give, `Read` what the call works with: what `check` makes of it.
 */
export interface AnyRow<Value, Read = Value> {
  readonly type: 'any';
  /** The value as the call works with it; throws {@link ArgumentError} for what makes no sense. Default: any value as it is. */
  readonly check?: (argument: string, value: unknown) => Read;
  /** What values are, in words, for tables. */
  readonly expected?: string;
  readonly isRequired?: boolean;
  readonly default?: Read;
  /** Carries the type; no row has it. */
  readonly given?: Value;
}

/** An {@link AnyRow} with a default. */
export type AnyRowWithDefault<Value, Read = Value> = AnyRow<Value, Read> & { readonly default: Read };

/** An {@link AnyRow} that has to be given. */
export type RequiredAnyRow<Value, Read = Value> = AnyRow<Value, Read> & { readonly isRequired: true };

type ValueOf<Row> = Row extends { readonly type: 'integer' | 'number' }
  ? number
  : Row extends { readonly type: 'boolean' }
    ? boolean
    : Row extends { readonly type: 'text' }
      ? string
      : Row extends { readonly type: 'choice'; readonly choices: readonly (infer Choice)[] }
        ? Choice
        : Row extends { readonly type: 'group'; readonly rows: infer Rows }
          ? OptionsOf<Rows>
          : Row extends { readonly given?: infer Value }
            ? Exclude<Value, undefined>
            : never;

type ReadOf<Row> = Row extends { readonly type: 'any' }
  ? Row extends { readonly check?: (argument: string, value: unknown) => infer Read }
    ? Read
    : never
  : Row extends { readonly type: 'group'; readonly rows: infer Rows }
    ? ReadOptions<Rows>
    : ValueOf<Row>;

/** What a caller gives: the type of a table's options. */
export type OptionsOf<Table> = {
  -readonly [
    Name in keyof Table as Table[Name] extends { readonly isRequired: true } ? Name : never
  ]: ValueOf<Table[Name]>;
} & {
  -readonly [
    Name in keyof Table as Table[Name] extends { readonly isRequired: true } ? never : Name
  ]?: ValueOf<Table[Name]>;
};

/** What a call works with: every option checked, defaults in their places. */
export type ReadOptions<Table> = {
  readonly [Name in keyof Table]: IsSettled<Table[Name]> extends true
    ? ReadOf<Table[Name]>
    : ReadOf<Table[Name]> | undefined;
};

/** True for a row whose option has a value in any case. */
type IsSettled<Row> = Row extends { readonly isRequired: true }
  ? true
  : Row extends { readonly default: infer Default }
    ? [Default] extends [undefined]
      ? false
      : true
    : false;

/** The checked values of the options that were given. */
export type GivenOptions<Table> = { readonly [Name in keyof Table]?: ReadOf<Table[Name]> };

/**
 * Checks `options` against a table and fills in defaults; an option that is undefined counts as absent.
 *
 * @param argument What the options are called in messages; '' names each by itself.
 * @throws ArgumentError for a name that is not in the table, and for a value that its row refuses.
 */
export function readOptions<const Table extends OptionTable>(
  table: Table,
  options: object,
  argument = 'options',
): ReadOptions<Table> {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) {
    throw new ArgumentError(argument || 'options', 'an object of options', given);
  }
  expectKnownOptions(argument || 'options', options, Object.keys(table));
  const read: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(table)) {
    read[name] = readOption(
      row,
      argument === '' ? name : `${argument}.${name}`,
      (options as Record<string, unknown>)[name],
    );
  }
  return read as ReadOptions<Table>;
}

/**
 * Checks the given `options` and returns them without defaults, for a call whose defaults come from elsewhere. Arguments and errors as of
 * {@link readOptions}.
 */
export function readGivenOptions<const Table extends OptionTable>(
  table: Table,
  options: object,
  argument = 'options',
): GivenOptions<Table> {
  const read = Object.entries(readOptions(table, options, argument));
  return Object.fromEntries(
    read.filter(([name]) => (options as Record<string, unknown>)[name] !== undefined),
  ) as GivenOptions<Table>;
}

/** The given `options` that are in `table`: what a call passes on to another one. */
export function pickOptions<const Table extends OptionTable>(
  table: Table,
  options: object,
): OptionsOf<Table> {
  const names = Object.keys(table);
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => names.includes(name) && value !== undefined),
  ) as OptionsOf<Table>;
}

/** One option's value as {@link readOptions} reads it. */
export function readOption<const Row extends OptionRow>(
  row: Row,
  argument: string,
  value: unknown,
): ReadOptions<{ value: Row }>['value'] {
  const isAbsent = value === undefined && row.isRequired !== true;
  return (isAbsent ? defaultOf(row) : checked(row, argument, value)) as ReadOptions<{ value: Row }>['value'];
}

/** The value that replaces an absent option. */
export function defaultOf(row: OptionRow): unknown {
  return row.type === 'group' ? undefined : (row.default as unknown);
}

function checked(row: OptionRow, argument: string, value: unknown): unknown {
  switch (row.type) {
    case 'integer':
      return expectInteger(argument, value, row);
    case 'number':
      return expectNumber(argument, value, row);
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new ArgumentError(argument, 'true or false', value);
    case 'text':
      if (typeof value === 'string' && value !== '') return value;
      throw new ArgumentError(argument, row.expected ?? 'a text', value);
    case 'choice':
      return expectOneOf(argument, value, row.choices);
    case 'group':
      return readOptions(row.rows, value as object, argument);
    case 'any':
      return row.check === undefined ? value : (row.check(argument, value) as unknown);
  }
}
