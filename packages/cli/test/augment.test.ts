import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { drawAugmentations } from '../src/commands/augment';
import { sheetRows } from '../src/training/sheet-rows';

import { writePictureFolder } from './picture-folder';
import { recordedIo } from './recorded-io';

const place = temporaryDirectory();

describe('zoo augment', () => {
  it('draws every augmentation under its name, several times, the same for the same seed', async () => {
    const pictures = await writePictureFolder(place('pictures'), { count: 2 });
    const output = place('sheet.html');
    const io = recordedIo();
    await drawAugmentations({ pictures, output, draws: 2, imageSize: [16, 16] }, io);
    expect(io.output()).toBe(`${output}\n`);
    const page = await readFile(output, 'utf8');
    for (const { name } of sheetRows()) expect(page).toContain(`<h3>${name}</h3>`);
    expect(page.match(/<img /g)).toHaveLength(2 * (sheetRows().length + 1));
    expect(page).toContain("default-src 'none'; img-src data:");
    await drawAugmentations({ pictures, output, draws: 2, imageSize: [16, 16] }, io);
    expect(await readFile(output, 'utf8')).toBe(page);
  });

  it('has a row for every augmentation of @zoo/data', async () => {
    const made = Object.keys(await import('@zoo/data')).filter((name) =>
      /^(random[A-Z]|colorJitter|padAndCrop|jpegNoise|randAugment|trivialAugment|augMix|mixUp|cutMix)/.test(
        name,
      ),
    );
    expect(made.length).toBeGreaterThan(20);
    const rows = sheetRows().map(({ name }) => name.split('-')[0]);
    expect(made.filter((name) => !rows.includes(name))).toEqual([]);
  });

  it('draws some augmentations on one picture', async () => {
    const pictures = await writePictureFolder(place('pictures'), { count: 1 });
    const output = place('sheet.html');
    const picture = `${pictures}/red/red-0.png`;
    const words = ['augment', picture, '--output', output, '--augment', 'augMix', 'strong', '--draws', '3'];
    expect(await run([...words, '--image-size', '16'], recordedIo())).toBe(0);
    const page = await readFile(output, 'utf8');
    expect(page.match(/<h3>[^<]*/g)).toEqual(['<h3>unchanged', '<h3>strong', '<h3>augMix']);
    expect(page.match(/<img /g)).toHaveLength(9);
  });

  it('refuses a name that is none, and a place where there is nothing', async () => {
    const io = recordedIo();
    expect(await run(['augment', place('nowhere'), '--output', place('sheet.html')], io)).toBe(1);
    expect(await run(['augment', place('nowhere'), '--augment', 'strongest'], io)).toBe(2);
    expect(io.errors()).toMatch(/There is nothing there/);
    expect(io.errors()).toMatch(/strongest/);
  });
});
