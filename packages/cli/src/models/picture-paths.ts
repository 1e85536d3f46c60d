import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

import { ZooError } from '@zoo/core';
import { PICTURE_ENDINGS } from '@zoo/data';

/** A picture to classify, or why there is none at a place that was given. */
export type PicturePath = { readonly path: string } | { readonly path: string; readonly error: ZooError };

/** The pictures that files, folders (at any depth, sorted by name) and addresses mean. */
export async function* picturePaths(places: readonly string[]): AsyncGenerator<PicturePath, void> {
  for (const place of places) {
    if (/^https?:/i.test(place)) {
      yield { path: place };
      continue;
    }
    const status = await stat(place).catch(() => undefined);
    if (status?.isFile() === true) yield { path: place };
    else if (status?.isDirectory() === true) yield* picturesIn(place);
    else
      yield {
        path: place,
        error: noPicture(place, status === undefined ? 'there is nothing' : 'it is no file'),
      };
  }
}

async function* picturesIn(folder: string): AsyncGenerator<PicturePath, void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && isPicture(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length === 0) yield { path: folder, error: noPicture(folder, 'the folder holds none') };
  for (const path of paths) yield { path };
}

/** Whether a place names a picture by its ending, a file or an address, rather than a model or a folder. */
export function isPicturePlace(place: string): boolean {
  return isPicture(/^https?:/i.test(place) && URL.canParse(place) ? new URL(place).pathname : place);
}

/** Whether a place is a folder with pictures in it, at any depth, and no model. */
export async function isPictureFolder(place: string): Promise<boolean> {
  if ((await stat(place).catch(() => undefined))?.isDirectory() !== true) return false;
  if (['model.json', 'model/model.json'].some((name) => existsSync(join(place, name)))) return false;
  for await (const found of picturesIn(place)) return !('error' in found);
  return false;
}

const isPicture = (name: string): boolean => PICTURE_ENDINGS.includes(extname(name).toLowerCase());

function noPicture(path: string, problem: string): ZooError {
  return new ZooError('invalid-file', `Expected a picture at ${path} but ${problem}. Check the path.`);
}
