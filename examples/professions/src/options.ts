import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { ArgumentError, expectOneOf } from '@zoo/core';
import { ENGINE_NAMES, type EngineName } from '@zoo/engine';
import { resnetNames } from '@zoo/resnet';

/** What the command line says. */
export interface Options {
  readonly help: boolean;
  /** Undefined where it was not given: a resumed run keeps what it began with. */
  readonly epochs: number | undefined;
  readonly model: string | undefined;
  readonly seed: number | undefined;
  readonly engine: EngineName | undefined;
  readonly threads: number | undefined;
  readonly data: string | undefined;
  readonly output: string;
  readonly resume: boolean;
}

/** Networks that learn from scratch on small pictures, out of the family's. */
const MODELS = resnetNames().filter((name) => /^resnet\d+$/.test(name));

/** What a run is made with where the command line does not say. */
export const DEFAULTS = { model: 'resnet10', epochs: 16, seed: 1, output: 'runs/professions' } as const;

/** What `--help` prints. */
export const HELP = `Trains a residual network on profession pictures and classifies with it.

Usage: npm start -- [options]

  --epochs <n>      passes over the training pictures (default ${DEFAULTS.epochs})
  --model <name>    the network (default ${DEFAULTS.model}); one of ${MODELS.join(', ')}
  --seed <n>        what all random draws follow from (default ${DEFAULTS.seed})
  --engine <name>   what to compute on (default: the best present); one of ${ENGINE_NAMES.join(', ')}
  --threads <n>     threads to compute on (default: the engine's choice)
  --data <folder>   pictures of your own: a folder with train/, test/ and, if you like, validation/ and unseen/, each with
                    one folder per class. An empty folder is filled with the emoji; without --data they live in the
                    user's cache folder
  --output <folder> what the run leaves behind (default ${DEFAULTS.output})
  --resume          goes on with the run in the output folder, from its last checkpoint
  --help            this text

Ctrl-C stops after the update at hand and leaves a checkpoint for --resume; a second Ctrl-C stops at once.`;

const DEFINITIONS = {
  help: { type: 'boolean' },
  epochs: { type: 'string' },
  model: { type: 'string' },
  seed: { type: 'string' },
  engine: { type: 'string' },
  threads: { type: 'string' },
  data: { type: 'string' },
  output: { type: 'string' },
  resume: { type: 'boolean' },
} as const;

/**
 * Reads the command line.
 *
 * @throws ArgumentError, in one sentence, for an option that is unknown, lacks its value or has a wrong one.
 */
export function parseOptions(commandLine: readonly string[]): Options {
  const values = parse(commandLine);
  return {
    help: values.help ?? false,
    epochs: integer('--epochs', values.epochs, 1, 100_000),
    model: values.model === undefined ? undefined : expectOneOf('--model', values.model, MODELS),
    seed: integer('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    engine: values.engine === undefined ? undefined : expectOneOf('--engine', values.engine, ENGINE_NAMES),
    threads: integer('--threads', values.threads, 1, 1024),
    data: values.data === undefined ? undefined : resolve(path('--data', values.data)),
    output: path('--output', values.output ?? DEFAULTS.output),
    resume: values.resume ?? false,
  };
}

function parse(commandLine: readonly string[]) {
  try {
    return parseArgs({ args: [...commandLine], options: DEFINITIONS, allowPositionals: false }).values;
  } catch (error) {
    // Node explains more than one sentence's worth.
    const problem = (error as Error).message.split(/\. |\n/)[0]!.replace(/\.$/, '');
    throw new ArgumentError('options', 'options of this program', problem, 'See --help.');
  }
}

function integer(
  name: string,
  text: string | undefined,
  minimum: number,
  maximum: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new ArgumentError(name, `a whole number from ${minimum} to ${maximum}`, text);
}

function path(name: string, text: string): string {
  if (text === '') throw new ArgumentError(name, 'the path of a folder', text);
  return text;
}
