import { stat } from 'node:fs/promises';

import { ArgumentError } from '@zoo/core';
import { augmentationSheet, findImageSplits, readImageFile, readImageFolder } from '@zoo/data/node';
import { AUGMENTATION_SHEET_OPTIONS } from '@zoo/data/options';
import { writeFileAtomically } from '@zoo/weights/node';
import { Option, type Command } from 'commander';

import { printLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import type { ImageSizeOption } from '../option-values';
import { expectWritableFile } from '../output/writable-folder';
import { sheetRows } from '../training/sheet-rows';

import { examples, SHARED_OPTIONS } from './shared-options';

/** Declares `zoo augment`. */
export function defineAugment(command: Command, io: CommandIo): void {
  const names = sheetRows().map(({ name }) => name);
  command
    .description(
      'Draws random changes of pictures, each several times, on one HTML page: what training sees with `zoo train --augment`, ' +
        'and every augmentation of @zoo/data.',
    )
    .argument('<pictures>', 'a picture, or a folder with one folder of pictures a class')
    .addOption(new Option('--output <file>', 'the page').default('augmentations.html'))
    .addOption(new Option('--augment <names...>', 'what to draw (default: all)').choices(names))
    .addOption(flag('--draws <count>', 'times that each is drawn', AUGMENTATION_SHEET_OPTIONS.draws))
    .addOption(SHARED_OPTIONS.imageSize('height and width of the pictures (default: 160)'))
    .addOption(flag('--seed <number>', 'what the draws follow from', AUGMENTATION_SHEET_OPTIONS.seed))
    .addHelpText(
      'after',
      examples('zoo augment pictures', 'zoo augment dog.jpg --augment strong augMix --draws 10'),
    )
    .action((pictures: string, options: Omit<AugmentCommandOptions, 'pictures'>) =>
      drawAugmentations({ ...options, pictures }, io),
    );
}

/** Options of `zoo augment`. */
export interface AugmentCommandOptions {
  pictures: string;
  output: string;
  augment?: string[];
  draws?: number;
  imageSize?: ImageSizeOption;
  seed?: number;
}

/** Draws augmentations on a page. */
export async function drawAugmentations(
  { pictures, output, augment, ...options }: AugmentCommandOptions,
  io: CommandIo,
): Promise<void> {
  await expectWritableFile('--output', output);
  const draws = options.draws ?? AUGMENTATION_SHEET_OPTIONS.draws.default;
  const paths = await somePictures(pictures, draws);
  const images = await Promise.all(paths.map((path) => readImageFile(path)));
  const rows = sheetRows().filter(({ name }) => augment === undefined || augment.includes(name));
  await writeFileAtomically(
    output,
    await augmentationSheet(images, rows, { ...options, title: `Augmentations of ${pictures}` }),
  );
  printLine(io, output);
}

/** The picture itself, or up to `count` of a folder, spread over its classes. */
async function somePictures(place: string, count: number): Promise<string[]> {
  const status = await stat(place).catch(() => undefined);
  if (status === undefined)
    throw new ArgumentError(
      '<pictures>',
      'a picture or a folder of pictures',
      place,
      'There is nothing there.',
    );
  if (!status.isDirectory()) return [place];
  const splits = await findImageSplits(place);
  const { examples: all } = await readImageFolder(splits?.train ?? place);
  const chosen = Math.min(count, all.length);
  return Array.from({ length: chosen }, (_, index) => all[Math.floor((index * all.length) / chosen)]!.path);
}
