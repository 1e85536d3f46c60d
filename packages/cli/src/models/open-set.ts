import { stat } from 'node:fs/promises';

import {
  describeIgnored,
  isImageTable,
  readImageFolder,
  readImageTable,
  type ImageFolder,
} from '@zoo/data/node';

import { noteLine, type CommandIo } from '../command-io';

import { isKnownSet, knownSet } from './known-set';

/** The data set that `place` names: a folder of one folder of pictures a class, a table of paths and labels, or the test part of a known set. */
export async function openSet(place: string, io: CommandIo): Promise<ImageFolder> {
  if (isKnownSet(place)) return (await knownSet(place, io)).test;
  return (await isTableFile(place)) ? readImageTable(place) : readImageFolder(place);
}

/** {@link openSet}, with a remark on files in it that are no pictures. */
export async function openNotedSet(place: string, io: CommandIo): Promise<ImageFolder> {
  const set = await openSet(place, io);
  const note = describeIgnored(set);
  if (note !== undefined) noteLine(io, note);
  return set;
}

/** Whether `path` names a table of pictures. A folder is one whatever its name ends in. */
export async function isTableFile(path: string): Promise<boolean> {
  return isImageTable(path) && (await stat(path).catch(() => undefined))?.isDirectory() !== true;
}
