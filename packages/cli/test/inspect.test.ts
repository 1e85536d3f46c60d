import { copyFile, readFile, writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { inspectFolders } from '../src/commands/inspect';

import { writePictureFolder } from './picture-folder';
import { recordedIo } from './recorded-io';

const place = temporaryDirectory();

async function leakyFolder(): Promise<string> {
  await writePictureFolder(place('pictures/train'), { count: 3 });
  await writePictureFolder(place('pictures/test'), { count: 2, seed: 2 });
  await copyFile(place('pictures/train/red/red-0.png'), place('pictures/test/red/again.png'));
  await writeFile(place('pictures/test/blue/broken.png'), 'no picture, but a few words of text');
  return place('pictures');
}

describe('zoo inspect', () => {
  it('prints what the splits of a folder hold and writes a page of it', async () => {
    const io = recordedIo();
    const report = place('report.html');
    await inspectFolders({ folders: [await leakyFolder()], report }, io);
    expect(io.output()).toMatch(/^class +train +test$/m);
    expect(io.output()).toMatch(/^unreadable +1 picture$/m);
    expect(io.output()).toMatch(/^leaks of test +1 of 8 pictures lie in another split too/m);
    expect(io.errors()).toBe(`report: ${report}\n`);
    expect(await readFile(report, 'utf8')).toContain('<h2>Equal files</h2>');
  });

  it('takes several folders as splits, and prints JSON', async () => {
    const io = recordedIo();
    const folder = await leakyFolder();
    expect(await run(['inspect', `${folder}/train`, `${folder}/test`, '--json'], io)).toBe(0);
    const found = JSON.parse(io.output()) as {
      splits: { name: string; pictures: number }[];
      equal: unknown[];
    };
    expect(found.splits.map(({ name, pictures }) => [name, pictures])).toEqual([
      ['train', 9],
      ['test', 8],
    ]);
    expect(found.equal).toHaveLength(1);
  });

  it('says how far it is on a terminal, and leaves nothing there', async () => {
    const io = recordedIo({ terminal: true });
    await inspectFolders({ folders: [await leakyFolder()] }, io);
    expect(io.errors()).toMatch(/^1 of 17 pictures/);
    expect(io.errors().endsWith('\r\u001b[K')).toBe(true);
  });

  it('refuses a folder that is not there', async () => {
    const io = recordedIo();
    expect(await run(['inspect', place('nowhere')], io)).toBe(1);
    expect(io.errors()).toContain('there is no such folder');
  });
});
