import { ArgumentError } from '@zoo/core';
import { splitExamples } from '@zoo/data';
import { findImageSplits, readImageFolder, type ImageFolder } from '@zoo/data/node';

import { alignClasses } from '../models/align-classes';

import type { TrainSettings } from './train-options';

/** What a run trains and validates on. */
export interface DataSets {
  readonly train: ImageFolder;
  readonly validation: ImageFolder;
}

/**
 * The data sets that the settings name: `folder/train` with `folder/validation` (or `Training`, `val`, `Test` and the like, in
 * any case) where these hold class folders, and a part of each class for validation where there is no such folder.
 */
export async function openDataSets(settings: TrainSettings): Promise<DataSets> {
  const splits = await findImageSplits(settings.folder);
  const whole = await readImageFolder(splits?.train ?? settings.folder);
  if (whole.classNames.length < 2) {
    throw new ArgumentError('<folder>', 'at least two folders of pictures, one a class,', whole.classNames);
  }
  const path = settings.validation ?? splits?.validation ?? splits?.test;
  if (path === undefined) {
    return splitExamples(whole, { fraction: settings.validationSplit, seed: settings.seed });
  }
  return { train: whole, validation: alignClasses(await readImageFolder(path), whole.classNames) };
}
