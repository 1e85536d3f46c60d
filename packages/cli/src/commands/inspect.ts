import { basename } from 'node:path';

import { ArgumentError, ZooError } from '@zoo/core';
import {
  findImageSplits,
  formatInspection,
  inspect,
  inspectionPage,
  readImageFolder,
  readImageTable,
  type ImageFolder,
} from '@zoo/data/node';
import { INSPECT_OPTIONS } from '@zoo/data/options';
import { writeFileAtomically } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { noteLine, printJson, printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import { isKnownSet, knownSet } from '../models/known-set';
import { isTableFile } from '../models/open-set';
import { progressLine } from '../output/progress-line';
import { expectWritableFile } from '../output/writable-folder';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo inspect`. */
export function defineInspect(command: Command, io: CommandIo): void {
  command
    .description(
      'Looks at every picture of a data set: sizes, formats, classes, unreadable pictures, equal files, near duplicates, ' +
        'leaks between train and test, mean and deviation.',
    )
    .argument(
      '<folders...>',
      'a folder with one folder of pictures a class; one that holds train, test and the like; or several, each a split; tables of path and label (.csv, .tsv, .jsonl) in their place; or a known set: set:imagenette-160',
    )
    .addOption(new Option('--report <file>', 'write what is found, with pictures, as one HTML file'))
    .addOption(
      flag(
        '--near-distance <bits>',
        'bits of 64 in which the hashes of near duplicates may differ',
        INSPECT_OPTIONS.nearDistance,
      ),
    )
    .addOption(SHARED_OPTIONS.json())
    .addHelpText('after', examples('zoo inspect idenprof --report idenprof.html'))
    .action((folders: string[], options: Omit<InspectCommandOptions, 'folders'>) =>
      inspectFolders({ ...options, folders }, io),
    );
}

/** Options of `zoo inspect`. */
export interface InspectCommandOptions {
  folders: string[];
  report?: string;
  nearDistance?: number;
  json?: boolean;
}

/** Looks at every picture of some folders, and says what it found. */
export async function inspectFolders(
  { folders, report, nearDistance, json = false }: InspectCommandOptions,
  io: CommandIo,
): Promise<void> {
  if (report !== undefined) await expectWritableFile('--report', report);
  const sets = await readSplits(folders, io);
  const progress = progressLine(io, 'pictures');
  try {
    const inspection = await inspect(sets, {
      ...(nearDistance !== undefined && { nearDistance }),
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.clear();
    if (json) printJson(io, inspection);
    else printLine(io, formatInspection(inspection));
    if (report === undefined) return;
    await writeFileAtomically(report, await inspectionPage(inspection, { title: folders.join(', ') }));
    noteLine(io, `report: ${report}`);
  } finally {
    progress.clear();
  }
}

async function readSplits(folders: readonly string[], io: CommandIo): Promise<Record<string, ImageFolder>> {
  const known = folders.find(isKnownSet);
  if (known !== undefined) return knownSplits(known, folders, io);
  const sets: Record<string, ImageFolder> = {};
  for (const [name, folder] of Object.entries(await namedSplits(folders))) {
    // A class without pictures is a finding, not an error.
    sets[name] = (await isTableFile(folder))
      ? await readImageTable(folder)
      : await readImageFolder(folder, { allowEmptyClasses: true });
  }
  return sets;
}

async function knownSplits(
  name: string,
  folders: readonly string[],
  io: CommandIo,
): Promise<Record<string, ImageFolder>> {
  if (folders.length > 1) throw new ArgumentError('<folders...>', `${name} alone, or folders`, folders);
  const { train, test } = await knownSet(name, io);
  if (train.readImage === undefined) return { train, test };
  throw new ZooError(
    'unsupported',
    `Expected a data set of picture files but ${name} is read into memory. Inspect one that is in folders.`,
  );
}

/** The splits by their names: those within the one folder, or each of several under its own name. */
async function namedSplits(folders: readonly string[]): Promise<Record<string, string>> {
  const [only, ...others] = folders;
  if (others.length === 0) {
    const splits = (await isTableFile(only!)) ? undefined : await findImageSplits(only!);
    return splits === undefined ? { pictures: only! } : { ...splits };
  }
  const names = folders.map((folder) => basename(folder));
  const areDistinct = new Set(names).size === names.length;
  return Object.fromEntries(folders.map((folder, index) => [areDistinct ? names[index]! : folder, folder]));
}
