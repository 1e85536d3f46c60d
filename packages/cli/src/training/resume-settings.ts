import { join } from 'node:path';

import { ArgumentError, ZooError } from '@zoo/core';

import { readTextFile } from '../read-text-file';

import { flagOf, type TrainSettings, type UnsizedSettings } from './train-options';
import { OUTPUT_FILES } from './train-settings';

/** The settings that the run in `output` was begun with, or undefined if there is no run. */
export async function readTrainSettings(output: string): Promise<TrainSettings | undefined> {
  const path = join(output, OUTPUT_FILES.settings);
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as TrainSettings;
  } catch (cause) {
    throw new ZooError(
      'invalid-file',
      `${path} is not JSON. Fix it, or begin a new run in another --output.`,
      {
        cause,
      },
    );
  }
}

/**
 * The settings of a resumed run: its own, and more epochs if that is asked for.
 *
 * @throws ArgumentError for fewer epochs, and if another option was given a value that is not the run's own: the run would not be the same one.
 */
export function resumedTrainSettings(saved: TrainSettings, given: Partial<UnsizedSettings>): TrainSettings {
  if (given.epochs !== undefined && given.epochs < saved.epochs) {
    throw new ArgumentError('--epochs', `at least the run's own ${saved.epochs}`, given.epochs);
  }
  for (const [key, value] of Object.entries(given) as [keyof TrainSettings, unknown][]) {
    if (key === 'epochs' || value === undefined || isSame(saved[key], value)) continue;
    // The run's own number is the size that `auto` found when it began.
    if (key === 'batchSize' && value === 'auto') continue;
    throw new ArgumentError(
      flagOf(key),
      saved[key] === undefined
        ? 'no value, as the run has none,'
        : `the run's own value ${JSON.stringify(saved[key])}`,
      value,
      'Leave it out to go on with the run, or begin a new run in another --output.',
    );
  }
  return { ...saved, ...(given.epochs !== undefined && { epochs: given.epochs }) };
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);
