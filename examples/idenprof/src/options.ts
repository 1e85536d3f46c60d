import { parseArgs } from 'node:util';

import { ArgumentError } from '@zoo/core';

/** What a call without sense is answered with, and `--help`. */
export const USAGE = `Usage: main.js train <folder with train/ and test/> [options]
       main.js predict <picture> [options]
       main.js predict <weights.h5> <class index.json> <picture> [options]

The Python program's own settings are the defaults.

Options of both:
  --image-size <pixels>       224
  --help                      this text

Options of train:
  --recipe <post|fast>        post: the Python program; fast: a slim ResNet-18 from nothing, made for two hours of two CPU cores
  --hold-out <share>          with fast: scores this share of the training pictures in place of the test part
  --batch-size <pictures>     32
  --epochs <count>            200
  --steps <batches>           batches an epoch: int(pictures / batch size), 281
  --validation-steps <batches>  batches a validation: int(pictures / batch size), 62
  --weights <file.h5>         weights to begin with, of this program or the Python one; drawn at random without
  --output <folder>           idenprof_models
  --seed <number>             0
With --recipe fast: --epochs 68, --output idenprof_fast (a run in that folder is continued), --seed and --hold-out only.

Options of predict:
  --top <count>               5 classes

Without weights and class index, predict reads idenprof_061-0.7933.h5 and idenprof_model_class.json.`;

/** A call of the program, read. */
export type ProgramOptions =
  | { readonly command: 'help' }
  | ({
      readonly command: 'train';
      readonly dataDirectory: string;
      readonly modelDirectory: string;
    } & TrainFigures)
  | {
      readonly command: 'train-fast';
      readonly dataDirectory: string;
      readonly modelDirectory: string;
      readonly epochs: number | undefined;
      readonly seed: number | undefined;
      readonly holdOut: number | undefined;
    }
  | {
      readonly command: 'predict';
      readonly modelPath: string;
      readonly classIndexPath: string;
      readonly picture: string;
      readonly imageSize: number | undefined;
      readonly top: number | undefined;
    };

interface TrainFigures {
  readonly imageSize: number | undefined;
  readonly batchSize: number | undefined;
  readonly epochs: number | undefined;
  readonly stepsPerEpoch: number | undefined;
  readonly validationSteps: number | undefined;
  readonly seed: number | undefined;
  readonly weights: string | undefined;
}

/**
 * Reads the program's arguments.
 *
 * @throws ArgumentError for an unknown option, a word for a number, and too few or too many arguments.
 */
export function readOptions(args: readonly string[]): ProgramOptions {
  const { values, positionals } = parse(args);
  if (values['help'] === true) return { command: 'help' };
  const [command, ...paths] = positionals;
  const number = (name: string, minimum = 1) =>
    wholeNumber(name, values[name] as string | undefined, minimum);
  const isFast = recipeOf(values) === 'fast';
  if (command === 'train' && paths.length === 1 && isFast) {
    refuse(values, 'train --recipe fast', [...POST_OPTIONS, 'top']);
    return {
      command: 'train-fast',
      dataDirectory: paths[0]!,
      modelDirectory: (values['output'] as string | undefined) ?? 'idenprof_fast',
      epochs: number('epochs'),
      seed: number('seed', 0),
      holdOut: share('hold-out', values['hold-out'] as string | undefined),
    };
  }
  const imageSize = number('image-size', 32);
  if (command === 'train' && paths.length === 1) {
    refuse(values, command, ['top', 'hold-out']);
    return {
      command,
      dataDirectory: paths[0]!,
      modelDirectory: (values['output'] as string | undefined) ?? 'idenprof_models',
      imageSize,
      batchSize: number('batch-size'),
      epochs: number('epochs'),
      stepsPerEpoch: number('steps'),
      validationSteps: number('validation-steps'),
      seed: number('seed', 0),
      weights: values['weights'] as string | undefined,
    };
  }
  if (command === 'predict' && (paths.length === 1 || paths.length === 3)) {
    refuse(values, command, TRAIN_OPTIONS);
    const [modelPath, classIndexPath] =
      paths.length === 3 ? paths : ['idenprof_061-0.7933.h5', 'idenprof_model_class.json'];
    return {
      command,
      modelPath: modelPath!,
      classIndexPath: classIndexPath!,
      picture: paths.at(-1)!,
      imageSize,
      top: number('top'),
    };
  }
  throw new ArgumentError(
    'arguments',
    '`train <folder>` or `predict <picture>`',
    positionals.join(' '),
    'See --help.',
  );
}

const POST_OPTIONS = ['image-size', 'batch-size', 'steps', 'validation-steps', 'weights'];
const TRAIN_OPTIONS = [...POST_OPTIONS.slice(1), 'epochs', 'output', 'seed', 'recipe', 'hold-out'];
const TEXT_OPTIONS = ['image-size', 'top', ...TRAIN_OPTIONS];

function parse(args: readonly string[]): {
  values: Readonly<Record<string, unknown>>;
  positionals: string[];
} {
  const texts = Object.fromEntries(TEXT_OPTIONS.map((name) => [name, { type: 'string' }] as const));
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...texts, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new ArgumentError(
      'arguments',
      'options that the program has',
      args.join(' '),
      `${(error as Error).message}. See --help.`,
    );
  }
}

function refuse(values: Readonly<Record<string, unknown>>, command: string, names: readonly string[]): void {
  const found = names.find((name) => values[name] !== undefined);
  if (found !== undefined)
    throw new ArgumentError(`--${found}`, `no such option with ${command}`, values[found], 'See --help.');
}

function recipeOf(values: Readonly<Record<string, unknown>>): 'post' | 'fast' {
  const recipe = values['recipe'] ?? 'post';
  if (recipe === 'post' || recipe === 'fast') return recipe;
  throw new ArgumentError('--recipe', "'post' or 'fast'", recipe);
}

function share(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^0?\.\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0) return value;
  throw new ArgumentError(`--${name}`, 'a share between 0 and 1', text);
}

function wholeNumber(name: string, text: string | undefined, minimum: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw new ArgumentError(`--${name}`, `a whole number of at least ${minimum}`, text);
}
