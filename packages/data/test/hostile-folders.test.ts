import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { bounded, boundedError } from '../../../test-support/bounded';
import { readCifar10, readCifar100, readImageFile, readImageFolder } from '../src/node';

import { folderOf, png, slopes } from './support/pictures';

const picture = png(slopes(2, 2));

describe.skipIf(process.platform === 'win32')('what is no file is not waited for:', () => {
  const kinds: readonly [string, (path: string) => void][] = [
    ['a named pipe', (path) => void execFileSync('mkfifo', [path])],
    ['an endless device', (path) => symlinkSync('/dev/zero', path)],
    ['a folder', (path) => mkdirSync(path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
  ];

  it.each(kinds)('%s in the place of a picture', async (_, make) => {
    const directory = await folderOf({ 'a/1.png': picture });
    const path = join(directory, 'a', 'other.png');
    make(path);
    expect((await boundedError(() => readImageFile(path))).message).toContain(path);
    const folder = await bounded(() => readImageFolder(directory));
    expect(folder).toMatchObject({ examples: [{ path: join(directory, 'a', '1.png') }] });
  });

  it.each(kinds)('%s in the place of a file of a data set', async (_, make) => {
    const directory = await folderOf({ 'a/1.png': picture });
    for (const name of ['data_batch_1.bin', 'fine_label_names.txt']) make(join(directory, name));
    expect((await boundedError(() => readCifar10(directory))).message).toContain('data_batch_1.bin');
    expect((await boundedError(() => readCifar100(directory))).message).toContain('fine_label_names.txt');
  });

  it('a link to a folder above it among the pictures', async () => {
    const directory = await folderOf({ 'a/1.png': picture });
    symlinkSync(directory, join(directory, 'a', 'up'));
    const folder = await bounded(() => readImageFolder(directory));
    expect(folder).toMatchObject({
      examples: { length: 1 },
      ignored: [{ reason: 'link to a folder above it' }],
    });
  });
});
