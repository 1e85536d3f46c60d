import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ZooError } from '@zoo/core';
import { PICTURE_ENDINGS } from '@zoo/data';
import { glob } from 'tinyglobby';

import type { InputStream } from '../command-io';

/** A picture to classify, or why there is none at a place that was given. */
export type PicturePath =
  | {
      /** What it is called: its path or address. */
      readonly path: string;
      /** The picture itself where no path leads to it. */
      readonly content?: File;
    }
  | { readonly path: string; readonly error: ZooError };

/** The place that means standard input. */
export const STANDARD_INPUT = '-';

/** What is read of standard input is held in memory: more than any picture needs is refused. */
const MAXIMUM_INPUT_BYTES = 256 * 2 ** 20;

/**
 * The pictures that places mean: files, folders (at any depth, sorted by name), patterns such as `photos/*.jpg`, which
 * some shells leave to the program, http, https and file addresses, and `-`, the picture on standard input.
 */
export async function* picturePaths(
  places: readonly string[],
  stdin: InputStream,
): AsyncGenerator<PicturePath, void> {
  for (const place of places) {
    if (place === STANDARD_INPUT) {
      yield await readStandardInput(stdin);
      continue;
    }
    if (/^https?:/i.test(place)) yield { path: place };
    else yield* picturesAt(/^file:/i.test(place) && URL.canParse(place) ? fileURLToPath(place) : place);
  }
}

/** The pictures that a path, or a pattern of paths, means. */
async function* picturesAt(place: string): AsyncGenerator<PicturePath, void> {
  const status = await stat(place).catch(() => undefined);
  if (status?.isFile() === true) yield { path: place };
  else if (status?.isDirectory() === true) yield* picturesIn(place);
  else if (isPattern(place)) yield* matchesOf(place);
  else yield { path: place, error: nothingAt(place, status !== undefined) };
}

function nothingAt(place: string, isThere: boolean): ZooError {
  if (place === '') return noPicture("''", 'it names nothing');
  if (isThere) return noPicture(place, 'it is no file');
  if (!/^[a-z][a-z\d+.-]+:\/\//i.test(place)) return noPicture(place, 'there is nothing');
  return noPicture(place, 'it is read from http, https and file addresses only', 'Fetch it another way.');
}

/** The pictures in a folder, at any depth, sorted by name. */
export async function* picturesIn(folder: string): AsyncGenerator<PicturePath, void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && isPicture(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length === 0) yield { path: folder, error: noPicture(folder, 'the folder holds none') };
  for (const path of paths) yield { path };
}

/** A path, and no address, with one of the signs `*`, `?`, `[` and `{`. */
const isPattern = (place: string): boolean => /[*?[{]/.test(place) && !/^[a-z][a-z\d+.-]+:/i.test(place);

async function* matchesOf(pattern: string): AsyncGenerator<PicturePath, void> {
  // Windows' separators have a meaning of their own in a pattern.
  const found = await glob(sep === '/' ? pattern : pattern.replaceAll(sep, '/'), {
    expandDirectories: false,
    absolute: isAbsolute(pattern),
  });
  const paths = found.filter(isPicture).sort();
  if (paths.length === 0) yield { path: pattern, error: noPicture(pattern, 'the pattern matches none') };
  for (const path of paths) yield { path };
}

async function readStandardInput(stdin: InputStream): Promise<PicturePath> {
  const path = 'standard input';
  if (stdin.isTTY === true) {
    return {
      path,
      error: noPicture(path, 'it is a terminal', 'Pipe one in, or name a file: - < photo.jpg.'),
    };
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin) {
    // A stream without an encoding gives buffers.
    const bytes = chunk as unknown as Uint8Array<ArrayBuffer>;
    sizeBytes += bytes.length;
    if (sizeBytes > MAXIMUM_INPUT_BYTES) {
      return {
        path,
        error: noPicture(path, `it goes on after ${MAXIMUM_INPUT_BYTES / 2 ** 20} MiB`, 'Send one picture.'),
      };
    }
    chunks.push(bytes);
  }
  if (sizeBytes === 0) return { path, error: noPicture(path, 'it is empty', 'Send one picture.') };
  return { path, content: new File(chunks as BlobPart[], path) };
}

/** Whether a place names pictures, by its ending, as `-` or as a pattern, rather than a model or a folder. */
export function isPicturePlace(place: string): boolean {
  if (place === STANDARD_INPUT || (isPattern(place) && !existsSync(place))) return true;
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

function noPicture(path: string, problem: string, advice = 'Check the path.'): ZooError {
  return new ZooError('invalid-file', `Expected a picture at ${path} but ${problem}. ${advice}`);
}
