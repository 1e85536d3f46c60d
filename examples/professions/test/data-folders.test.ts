import { mkdir, rm, writeFile } from 'node:fs/promises';

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { openData, pictureTable } from '../src/data-folders';
import { readPictures } from '../src/pictures';

const { signal } = new AbortController();
const place = temporaryDirectory();

const open = (directory = place()) => openData({ directory, signal, log: () => undefined });

/** A data set of cats and dogs with `counts[part]` pictures of each. */
async function layOut(counts: Readonly<Record<string, number>>): Promise<void> {
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#345' } })
    .png()
    .toBuffer();
  for (const [part, count] of Object.entries(counts)) {
    for (const className of ['cat', 'dog']) {
      await mkdir(place(part, className), { recursive: true });
      for (let i = 0; i < count; i++) await writeFile(place(part, className, `${i}.png`), picture);
    }
  }
}

describe("The user's own pictures", () => {
  it('are read from one folder for each purpose', async () => {
    await layOut({ train: 3, validation: 2, test: 1, unseen: 4 });
    expect(pictureTable(await open())).toBe(
      [
        'class  train  validation   test  unseen',
        'cat        3           2      1       4',
        'dog        3           2      1       4',
        'all        6           4      2       8',
      ].join('\n'),
    );
  });

  it('give a tenth to the choice of the epoch if there is no folder for it', async () => {
    await layOut({ train: 10, test: 1 });
    const { train, validation, unseen } = await open();
    expect([train.examples.length, validation.examples.length, unseen]).toEqual([18, 2, undefined]);
  });

  it('are refused without a folder for the test', async () => {
    await layOut({ train: 2 });
    await expect(open()).rejects.toThrow(/Expected .*test to be a folder of pictures/);
  });

  it('are refused if a class of training is missing in the test', async () => {
    await layOut({ train: 2, test: 1 });
    await rm(place('test', 'dog'), { recursive: true });
    await expect(open()).rejects.toThrow("a folder for the class 'dog'");
  });

  it('are refused if the folder does not exist', async () => {
    await expect(open(place('nowhere'))).rejects.toThrow(/Expected the folder .*nowhere for `--data`/);
  });

  it('are all read at once, so that a damaged one is found before training', async () => {
    await layOut({ train: 2, validation: 1, test: 1, unseen: 1 });
    await writeFile(place('unseen', 'dog', 'damaged.png'), 'not a picture');
    await expect(readPictures(await open(), 1, signal)).rejects.toThrow(/damaged\.png/);
  });
});
