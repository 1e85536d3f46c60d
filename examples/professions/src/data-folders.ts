import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { cacheDirectory, ZooError } from '@zoo/core';
import { splitExamples } from '@zoo/data';
import { readImageFolder, type ImageFolder } from '@zoo/data/node';

import { countTable } from './count-table';
import { PROFESSIONS } from './emoji/art-styles';
import { MANIFEST_FILE } from './emoji/data-set-manifest';
import { makeDataSet } from './emoji/make-data-set';
import type { PlannedPicture } from './emoji/plan-pictures';

/** The sets of pictures that a run reads. */
export interface DataFolders {
  readonly train: ImageFolder;
  /** Chooses the best epoch. */
  readonly validation: ImageFolder;
  /** Held-out pictures. */
  readonly test: ImageFolder;
  /** Pictures of another kind than the others, if there are any. */
  readonly unseen: ImageFolder | undefined;
  readonly directory: string;
}

/** Options of {@link openData}. */
export interface OpenDataOptions {
  /** The user's folder; without it the emoji of the cache folder are used. */
  directory: string | undefined;
  signal: AbortSignal;
  /** Told what goes on. */
  log: (line: string) => void;
}

/** The share of the training pictures that chooses the best epoch where the user has no folder for it. */
const VALIDATION_SHARE = 0.1;

/**
 * Reads the folders of the user's own data set, or makes the emoji's where they are not yet.
 *
 * @throws ZooError `invalid-file` if the folder or one of its parts is missing, or a class has no picture.
 */
export async function openData({ directory, signal, log }: OpenDataOptions): Promise<DataFolders> {
  const root = resolve(directory ?? join(cacheDirectory(), 'professions'));
  const names = directory === undefined ? undefined : await namesIn(root);
  if (names === undefined || names.length === 0 || names.includes(MANIFEST_FILE)) {
    const start = performance.now();
    const onStart = (plan: readonly PlannedPicture[]): void => {
      log(`${emojiTable(plan)}\n\ndrawing ${plan.length} pictures of these emoji into ${root}`);
    };
    const wasMade = await makeDataSet(root, { signal, onStart });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    log(wasMade ? `drew them in ${seconds} s` : `using the pictures in ${root}`);
  }
  return readFolders(root);
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    throw new ZooError(
      'invalid-file',
      `Expected the folder ${directory} for \`--data\` but there is none that can be read. Make it, or leave --data out.`,
      { cause: error },
    );
  });
}

async function readFolders(directory: string): Promise<DataFolders> {
  const parts = await readdir(directory);
  const train = await readImageFolder(join(directory, 'train'));
  const { classNames } = train;
  const read = (part: string): Promise<ImageFolder> => readImageFolder(join(directory, part), { classNames });
  const test = await read('test');
  const unseen = parts.includes('unseen') ? await read('unseen') : undefined;
  if (parts.includes('validation')) {
    return { train, validation: await read('validation'), test, unseen, directory };
  }
  return { ...splitExamples(train, { fraction: VALIDATION_SHARE }), test, unseen, directory };
}

/** How many pictures of each class a set has, as a table. */
export function pictureTable({ train, validation, test, unseen }: DataFolders): string {
  const { classNames } = train;
  const classesOf = (folder: ImageFolder): string[] => folder.examples.map(({ label }) => classNames[label]!);
  return countTable(classNames, {
    train: classesOf(train),
    validation: classesOf(validation),
    test: classesOf(test),
    ...(unseen && { unseen: classesOf(unseen) }),
  });
}

/** How many emoji of each profession a plan draws in each style, as a table. */
function emojiTable(plan: readonly PlannedPicture[]): string {
  const emoji = [...new Set(plan.map((picture) => picture.emoji))];
  const styles = [...new Set(emoji.map(({ style }) => style))];
  const classesOf = (style: string): string[] =>
    emoji.filter((one) => one.style === style).map(({ className }) => className);
  return countTable(
    Object.keys(PROFESSIONS),
    Object.fromEntries([
      ...styles.map((style) => [style, classesOf(style)] as const),
      ['all', emoji.map(({ className }) => className)],
    ]),
  );
}
