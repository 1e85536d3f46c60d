import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ArgumentError } from '@zoo/core';
import { splitExamples } from '@zoo/data';
import { readImageFolder, type ImageFolder } from '@zoo/data/node';

import { alignClasses } from '../models/align-classes';

import type { TrainSettings } from './train-settings';

/** What a run trains and validates on. */
export interface DataSets {
  readonly train: ImageFolder;
  readonly validation: ImageFolder;
}

/** Folders that hold the part to validate on, the most likely name first. */
const VALIDATION_NAMES = ['validation', 'val', 'valid', 'test'];

/**
 * The data sets that the settings name: `folder/train` with `folder/validation` (`val`, `valid`, `test`) where these hold
 * class folders, and a part of each class for validation where there is no such folder.
 */
export async function openDataSets(settings: TrainSettings): Promise<DataSets> {
  const inner = join(settings.folder, 'train');
  const isNested = await holdsFolders(inner);
  const whole = await readImageFolder(isNested ? inner : settings.folder);
  if (whole.classNames.length < 2) {
    throw new ArgumentError('<folder>', 'at least two folders of pictures, one a class,', whole.classNames);
  }
  const path = settings.validation ?? (isNested ? await findValidation(settings.folder) : undefined);
  if (path === undefined) {
    return splitExamples(whole, { fraction: settings.validationSplit, seed: settings.seed });
  }
  return { train: whole, validation: alignClasses(await readImageFolder(path), whole.classNames) };
}

async function findValidation(folder: string): Promise<string | undefined> {
  for (const name of VALIDATION_NAMES) {
    const path = join(folder, name);
    if (await holdsFolders(path)) return path;
  }
  return undefined;
}

/** True for a folder with folders in it: `train` may be a class of a data set of vehicles. */
async function holdsFolders(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.some((entry) => entry.isDirectory());
}
