import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ArgumentError, ZooError } from '@zoo/core';
import { hasCheckpoint } from '@zoo/train/node';
import { writeFileAtomically } from '@zoo/weights/node';

import { DEFAULTS, type Options } from './options';

/** What a run's result follows from; a resumed run has to have the same. */
export interface RunSettings {
  readonly model: string;
  readonly epochs: number;
  readonly seed: number;
  /** The folder of the user's pictures; null for the emoji of the cache folder. */
  readonly data: string | null;
}

/** Files and folders in a run's output folder. */
export const OUTPUT_FILES = {
  settings: 'run.json',
  checkpoints: 'checkpoints',
  layersModel: 'model',
  kerasFile: 'model.h5',
  classes: 'model_class.json',
  report: 'report.html',
} as const;

/** The settings of the run that the command line begins or goes on with. */
export async function resolveSettings(options: Options): Promise<RunSettings> {
  if (options.resume) return resumedSettings(options);
  const { model = DEFAULTS.model, epochs = DEFAULTS.epochs, seed = DEFAULTS.seed, data = null } = options;
  return { model, epochs, seed, data };
}

/** Written before the first step, so that whatever checkpoint there is has its settings beside it. */
export async function writeSettings(output: string, settings: RunSettings): Promise<void> {
  await writeFileAtomically(
    join(output, OUTPUT_FILES.settings),
    `${JSON.stringify(settings, undefined, 2)}\n`,
  );
}

async function resumedSettings(options: Options): Promise<RunSettings> {
  const { output } = options;
  const checkpoints = join(output, OUTPUT_FILES.checkpoints);
  if (!(await hasCheckpoint(checkpoints))) {
    throw new ZooError(
      'invalid-file',
      `Expected a checkpoint in ${checkpoints} for \`--resume\` but there is none. Begin a run without --resume, or name its folder by --output.`,
    );
  }
  const begun = await readSettings(join(output, OUTPUT_FILES.settings));
  for (const name of ['model', 'epochs', 'seed', 'data'] as const) {
    const wanted = options[name];
    if (wanted === undefined || wanted === begun[name]) continue;
    const was = begun[name] === null ? 'left out' : `${begun[name]}`;
    throw new ArgumentError(
      `--${name}`,
      `what the run to resume began with (${was})`,
      wanted,
      `Leave --${name} out, or begin a new run.`,
    );
  }
  return begun;
}

async function readSettings(path: string): Promise<RunSettings> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RunSettings;
  } catch (error) {
    throw new ZooError(
      'invalid-file',
      `Expected the settings of the run to resume in ${path}. Begin a new run.`,
      {
        cause: error,
      },
    );
  }
}
