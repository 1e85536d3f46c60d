import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { MANIFEST_FILE } from '../src/emoji/data-set-manifest';
import { fileName, makeDataSet } from '../src/emoji/make-data-set';
import { planPictures, SPLITS, TRAINING_COPIES, type PlannedPicture } from '../src/emoji/plan-pictures';

let plan: PlannedPicture[];
let few: PlannedPicture[];
const place = temporaryDirectory();
let directory: string;

beforeAll(async () => {
  plan = await planPictures();
  few = SPLITS.flatMap((split) => plan.filter((picture) => picture.split === split).slice(0, 4));
});

beforeEach(() => {
  directory = place('set');
});

async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const pairs = files
    .sort()
    .map(async (file) => [file.slice(folder.length), await readFile(file, 'base64')] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

describe('The plan', () => {
  it('names every picture once', () => {
    const names = plan.map((picture) => `${picture.split}/${picture.emoji.className}/${fileName(picture)}`);
    expect(new Set(names).size).toBe(plan.length);
  });

  it('draws an emoji of training several times, half of them outlined, and any other once and plainly', () => {
    for (const split of SPLITS) {
      const pictures = plan.filter((picture) => picture.split === split);
      const emoji = new Set(pictures.map((picture) => picture.emoji));
      const outlined = pictures.filter((picture) => picture.outlined);
      expect(pictures).toHaveLength(emoji.size * (split === 'train' ? TRAINING_COPIES : 1));
      expect(outlined).toHaveLength(split === 'train' ? pictures.length / 2 : 0);
    }
  });

  it('keeps the unseen style out of everything else', () => {
    const elsewhere = plan.filter(
      ({ split, emoji }) => (emoji.style === 'openmoji') !== (split === 'unseen'),
    );
    expect(elsewhere).toEqual([]);
  });
});

describe('A data set', () => {
  it('has the same bytes whenever and wherever it is made', async () => {
    await makeDataSet(directory, { plan: few });
    await makeDataSet(place('other'), { plan: few });
    expect(await contents(directory)).toEqual(await contents(place('other')));
  });

  it('is used again when it is there', async () => {
    expect(await makeDataSet(directory, { plan: few })).toBe(true);
    expect(await makeDataSet(directory, { plan: few })).toBe(false);
  });

  it('is made anew when another version of the generator made it', async () => {
    await makeDataSet(directory, { plan: few });
    const path = join(directory, MANIFEST_FILE);
    const manifest = JSON.parse(await readFile(path, 'utf8')) as { generator: number };
    await writeFile(path, JSON.stringify({ ...manifest, generator: manifest.generator - 1 }));
    await writeFile(join(directory, 'train', 'of-the-old-version.png'), 'x');
    expect(await makeDataSet(directory, { plan: few })).toBe(true);
    expect(await readdir(join(directory, 'train'))).not.toContain('of-the-old-version.png');
    expect(await readdir(place())).toEqual(['set']);
  });

  it('is made anew when a picture is gone', async () => {
    await makeDataSet(directory, { plan: few });
    const { split, emoji } = few[0]!;
    await rm(join(directory, split, emoji.className, fileName(few[0]!)));
    expect(await makeDataSet(directory, { plan: few })).toBe(true);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController();
    const making = makeDataSet(directory, {
      plan: few,
      signal: stop.signal,
      onStart: () => stop.abort(new Error('enough')),
    });
    await expect(making).rejects.toThrow('enough');
    expect(await readdir(place())).toEqual([]);
  });

  it('takes no half-made folder of a killed process for its own, and clears it away after an hour', async () => {
    const abandoned = place('set.unfinished-1');
    await mkdir(join(abandoned, 'train'), { recursive: true });
    await utimes(abandoned, 0, 0);
    expect(await makeDataSet(directory, { plan: few })).toBe(true);
    expect(await readdir(place())).toEqual(['set']);
  });

  it('tells where its pictures come from', async () => {
    await makeDataSet(directory, { plan: few });
    expect(await readFile(join(directory, 'ATTRIBUTION.md'), 'utf8')).toContain('CC-BY-SA-4.0');
  });
});
