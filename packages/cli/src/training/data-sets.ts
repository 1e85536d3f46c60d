import { ArgumentError } from '@zoo/core';
import { alignClasses, splitExamples } from '@zoo/data';
import { findImageSplits, type ImageFolder } from '@zoo/data/node';

import type { CommandIo } from '../command-io';
import { isKnownSet, knownSet } from '../models/known-set';
import { isTableFile, openSet } from '../models/open-set';

import type { UnsizedSettings } from './train-options';

/** What a run trains and validates on. */
export interface DataSets {
  readonly train: ImageFolder;
  readonly validation: ImageFolder;
}

/**
 * The data sets that the settings name: `folder/train` with `folder/validation` (or `Training`, `val`, `Test` and the like, in
 * any case) where these hold class folders, and a part of each class for validation where there is no such folder. Either may be a
 * table of paths and labels (`.csv`, `.tsv`, `.jsonl`) in place of a folder, or a known set (`set:cifar10`), of which the test part is the one to validate on.
 */
export async function openDataSets(settings: UnsizedSettings, io: CommandIo): Promise<DataSets> {
  if (isKnownSet(settings.folder)) {
    const { train, test } = await knownSet(settings.folder, io);
    const validation = settings.validation === null ? test : await openSet(settings.validation, io);
    return { train, validation: alignClasses(validation, train.classNames) };
  }
  const isTable = await isTableFile(settings.folder);
  const splits = isTable ? undefined : await findImageSplits(settings.folder);
  const whole = await openSet(splits?.train ?? settings.folder, io);
  if (whole.classNames.length < 2) {
    const expected = isTable
      ? 'a table of at least two classes'
      : 'at least two folders of pictures, one per class,';
    throw new ArgumentError('<folder>', expected, whole.classNames);
  }
  const path = settings.validation ?? splits?.validation ?? splits?.test;
  if (path === undefined) {
    return splitExamples(whole, { fraction: settings.validationSplit, seed: settings.seed });
  }
  return { train: whole, validation: alignClasses(await openSet(path, io), whole.classNames) };
}
