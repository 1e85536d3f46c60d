import { stat } from 'node:fs/promises';

import { isImageTable, readImageFolder, readImageTable, type ImageFolder } from '@zoo/data/node';

import type { CommandIo } from '../command-io';

import { isKnownSet, knownSet } from './known-set';

/** The data set that `place` names: a folder of one folder of pictures a class, a table of paths and labels, or the test part of a known set. */
export async function openSet(place: string, io: CommandIo): Promise<ImageFolder> {
  if (isKnownSet(place)) return (await knownSet(place, io)).test;
  return (await isTableFile(place)) ? readImageTable(place) : readImageFolder(place);
}

/** Whether `path` names a table of pictures. A folder is one whatever its name ends in. */
export async function isTableFile(path: string): Promise<boolean> {
  return isImageTable(path) && (await stat(path).catch(() => undefined))?.isDirectory() !== true;
}
