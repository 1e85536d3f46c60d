import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  expectFunction,
  NAMES,
  readOption,
  pickOptions,
  readGivenOptions,
  readOptions,
  SIGNAL,
  type AnyRowWithDefault,
  type OptionsOf,
  type OptionTable,
} from '../src/options';

const ROWS = {
  epochs: { type: 'integer', minimum: 1, isRequired: true },
  batchSize: { type: 'integer', minimum: 1, default: 32 },
  momentum: { type: 'number', minimum: 0, maximum: 1, exclusiveMaximum: true, default: 0 },
  topK: { type: 'integer', minimum: 1 },
  nesterov: { type: 'boolean', default: false },
  mode: { type: 'choice', choices: ['crop', 'pad'], default: 'crop' },
  directory: { type: 'text', expected: 'the path of a folder' },
  size: {
    type: 'any',
    default: [1, 1],
    check: (_, value) => (typeof value === 'number' ? [value, value] : (value as [number, number])),
  } as AnyRowWithDefault<number | readonly [number, number], readonly [number, number]>,
  requests: {
    type: 'group',
    rows: { idleMs: { type: 'number', minimum: 0, exclusiveMinimum: true } },
  },
} as const satisfies OptionTable;

interface RunOptions extends OptionsOf<typeof ROWS> {}

const read = (options: RunOptions) => readOptions(ROWS, options);
const refused = (options: object) => () => readOptions(ROWS, options);

describe('readOptions', () => {
  it('fills in defaults and leaves what has none undefined', () => {
    expect(read({ epochs: 2 })).toEqual({
      ...{ epochs: 2, batchSize: 32, momentum: 0, topK: undefined, nesterov: false, mode: 'crop' },
      ...{ directory: undefined, size: [1, 1], requests: undefined },
    });
  });

  it('takes what is given', () => {
    expect(read({ epochs: 2, momentum: 0.9, size: 3, requests: { idleMs: 5 } })).toMatchObject({
      ...{ momentum: 0.9, size: [3, 3], requests: { idleMs: 5 } },
    });
  });

  it('counts undefined as absent', () => {
    const options: object = { epochs: 1, batchSize: undefined };
    expect(readOptions(ROWS, options).batchSize).toBe(32);
  });

  it.each([
    [{}, 'Expected an integer of at least 1 for `options.epochs` but received undefined.'],
    [
      { epochs: 1, momentum: 1 },
      'Expected a finite number of at least 0 and below 1 for `options.momentum` but received 1.',
    ],
    [{ epochs: 1, nesterov: 'yes' }, 'Expected true or false for `options.nesterov` but received "yes".'],
    [{ epochs: 1, mode: 'cropp' }, "Did you mean 'crop'?"],
    [{ epochs: 1, directory: '' }, 'Expected the path of a folder for `options.directory` but received "".'],
    [{ epochs: 1, bachSize: 2 }, "Did you mean 'batchSize'?"],
    [{ epochs: 1, requests: { idleMs: 0 } }, '`options.requests.idleMs`'],
    [{ epochs: 1, requests: 3 }, 'Expected an object of options for `options.requests` but received 3.'],
  ])('refuses %j', (options, message) => {
    expect(refused(options)).toThrow(message);
  });

  it('has the types of its rows', () => {
    expectTypeOf<RunOptions['epochs']>().toEqualTypeOf<number>();
    expectTypeOf<NonNullable<RunOptions['mode']>>().toEqualTypeOf<'crop' | 'pad'>();
    expectTypeOf(read({ epochs: 1 }).batchSize).toEqualTypeOf<number>();
    expectTypeOf(read({ epochs: 1 }).topK).toEqualTypeOf<number | undefined>();
    expectTypeOf(read({ epochs: 1 }).size).toEqualTypeOf<readonly [number, number]>();
    // @ts-expect-error: epochs must be given
    expect(() => read({ batchSize: 1 })).toThrow('options.epochs');
  });
});

describe('rows that calls share', () => {
  it('take signals, names and functions as they are', () => {
    const { signal } = new AbortController();
    expect(readOption(SIGNAL, 'options.signal', signal)).toBe(signal);
    expect(readOption(NAMES, 'options.classNames', ['a'])).toEqual(['a']);
    expect(expectFunction('options.by', Math.max)).toBe(Math.max);
  });

  it.each([
    [() => readOption(SIGNAL, 'options.signal', {}), 'Expected an AbortSignal for `options.signal`'],
    [() => readOption(SIGNAL, 'options.signal', null), 'Expected an AbortSignal for `options.signal`'],
    [
      () => readOption(NAMES, 'options.classNames', 'cat'),
      'Expected a list of names for `options.classNames`',
    ],
    [() => readOption(NAMES, 'options.classNames', [1]), 'Expected a list of names for `options.classNames`'],
    [() => expectFunction('options.by', 'path'), 'Expected a function for `options.by` but received "path".'],
  ])('refuse other values: case %#', (read, message) => {
    expect(read).toThrow(message);
  });
});

describe('pickOptions', () => {
  it('gives what is in the table and given', () => {
    const { epochs, topK, mode } = ROWS;
    expect(pickOptions({ epochs, topK, mode }, { epochs: 3, topK: undefined, batchSize: 8 })).toEqual({
      epochs: 3,
    });
  });
});

describe('readGivenOptions', () => {
  it('gives what is given, as the call works with it, and no defaults', () => {
    expect(readGivenOptions(ROWS, { epochs: 3, size: 4, topK: undefined })).toEqual({
      epochs: 3,
      size: [4, 4],
    });
  });

  it('refuses what readOptions refuses', () => {
    expect(() => readGivenOptions(ROWS, { epochs: 0 }, 'run.json')).toThrow('`run.json.epochs`');
  });
});
