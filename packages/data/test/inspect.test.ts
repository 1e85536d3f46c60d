import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createRandom, type Random } from '@zoo/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { realData } from '../../../test-support/real-data';
import { memoryImageSet, rgbImage, type DecodedImage } from '../src/index';
import { nearGroups } from '../src/inspect/near-groups';
import { hashDistance, writePerceptualHash } from '../src/inspect/perceptual-hash';
import { formatInspection, inspect, inspectionPage, readImageFolder } from '../src/node';

import { folderOf, noise, png, slopes } from './support/pictures';

/** Some soft shapes, others for another seed: what hashes tell apart, unlike noise. */
function shapes(seed: number, side = 64): DecodedImage {
  const random = createRandom(seed);
  const waves = Array.from(
    { length: 6 },
    () => [random.uniform(), random.uniform(), random.uniform() * 6.3] as const,
  );
  const image = rgbImage(side, side);
  for (let i = 0; i < image.pixels.length; i++) {
    const [x, y] = [(Math.floor(i / 3) % side) / side, Math.floor(i / 3 / side) / side];
    const sum = waves.reduce((total, [a, b, phase]) => total + Math.sin(20 * a * x + 20 * b * y + phase), 0);
    image.pixels[i] = 128 + 20 * sum;
  }
  return image;
}

const jpeg = async ({ pixels, height, width }: DecodedImage, quality = 90): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(pixels, { raw: { height, width, channels: 3 } })
      .jpeg({ quality })
      .toBuffer(),
  );

describe('inspect', () => {
  it('counts pictures, formats, classes and sizes of every split', async () => {
    const directory = await folderOf({
      'train/cat/1.png': png(shapes(1)),
      'train/cat/2.jpg': await jpeg(shapes(2)),
      'train/cat/3.jpg': png(shapes(3, 32)),
      'train/dog/1.png': png(shapes(4)),
      'test/dog/1.png': png(shapes(5)),
    });
    const [train, test] = await Promise.all(
      ['train', 'test'].map((part) => readImageFolder(`${directory}/${part}`)),
    );
    const found = await inspect({ train: train!, test: test! });
    expect(found.classNames).toEqual(['cat', 'dog']);
    expect(found.formats).toEqual({ png: 4, jpeg: 1 });
    expect(found.splits.map(({ name, classCounts, imbalance }) => [name, classCounts, imbalance])).toEqual([
      ['train', [3, 1], 3],
      ['test', [0, 1], null],
    ]);
    expect(found.sizes).toMatchObject({ height: { minimum: 32, median: 64, maximum: 64 }, count: 2 });
    expect(found.sizes!.mostFrequent[0]).toEqual({ height: 64, width: 64, pictures: 4 });
  });

  it('gives the mean and the deviation of pictures that count alike, whatever their size', async () => {
    const flat = (side: number, value: number) =>
      rgbImage(side, side, new Uint8Array(side * side * 3).fill(value));
    const set = memoryImageSet(
      ['one'],
      [
        { path: 'small', label: 0, image: flat(1, 255) },
        { path: 'large', label: 0, image: flat(30, 0) },
      ],
    );
    const { colors } = await inspect(set);
    expect(colors).toEqual({ mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5] });
  });

  it('finds equal files across splits and labels', async () => {
    const [same, other] = [png(shapes(1)), png(shapes(2))];
    const directory = await folderOf({
      'train/a/1.png': same,
      'train/b/1.png': other,
      'train/b/2.png': png(shapes(3)),
      'test/a/copy.png': same,
      'test/a/wrong.png': other,
    });
    const train = await readImageFolder(`${directory}/train`);
    const test = await readImageFolder(`${directory}/test`);
    const { equal, near, splits } = await inspect({ train, test });
    expect(
      equal.map(({ pictures, ...marks }) => [
        pictures.map(({ className, split }) => `${split}/${className}`),
        marks,
      ]),
    ).toEqual([
      [['train/a', 'test/a'], { isLeak: true, hasSeveralLabels: false }],
      [['train/b', 'test/a'], { isLeak: true, hasSeveralLabels: true }],
    ]);
    expect(near).toEqual([]);
    expect(splits.map(({ equalElsewhere }) => equalElsewhere)).toEqual([2, 2]);
  });

  it('finds a picture again in another size, quality and format, and with the files that equal it', async () => {
    const picture = shapes(1, 96);
    const small = await sharp(picture.pixels, { raw: { height: 96, width: 96, channels: 3 } })
      .resize(48)
      .webp()
      .toBuffer();
    const directory = await folderOf({
      'a/1.png': png(picture),
      'a/2.png': png(picture),
      'a/3.jpg': await jpeg(picture, 40),
      'b/4.webp': new Uint8Array(small),
      'b/5.png': png(shapes(2, 96)),
    });
    const { equal, near } = await inspect(await readImageFolder(directory));
    expect(equal.map(({ pictures }) => pictures.length)).toEqual([2]);
    expect(near).toHaveLength(1);
    expect(near[0]!.pictures.map(({ path }) => path.slice(-6))).toEqual([
      '/1.png',
      '/2.png',
      '/3.jpg',
      '4.webp',
    ]);
    expect(near[0]).toMatchObject({ isLeak: false, hasSeveralLabels: true });
  });

  it('does not take flat pictures of different colours for the same', async () => {
    const flat = (value: number) => rgbImage(8, 8, new Uint8Array(192).fill(value));
    const set = memoryImageSet(
      ['one'],
      [0, 100, 255].map((value) => ({ path: `${value}`, label: 0, image: flat(value) })),
    );
    expect((await inspect(set)).near).toEqual([]);
  });

  it('names pictures that can not be read and goes on', async () => {
    const directory = await folderOf({
      'a/1.png': png(slopes(8, 8)),
      'a/2.jpg': 'no picture at all, but text',
      'a/3.png': png(slopes(9, 9)).subarray(0, 60),
      'a/4.txt': 'not looked at',
    });
    const found = await inspect(await readImageFolder(directory));
    expect(found.unreadable.map(({ path }) => path.slice(-5))).toEqual(['2.jpg', '3.png']);
    expect(found.unreadable[0]!.problem).toMatch(
      /2\.jpg to be a whole picture but its content is of another kind/,
    );
    expect(found).toMatchObject({ pictures: 3, ignored: 1, formats: { png: 2 } });
  });

  it('gives the same whatever the number of pictures at a time', async () => {
    const images = Array.from({ length: 9 }, (_, i) => ({
      path: `${i}`,
      label: 0,
      image: noise(5, 7, i + 1),
    }));
    const set = memoryImageSet(['one'], images);
    const found = await inspect(set, { concurrency: 1 });
    expect(await inspect(set, { concurrency: 7 })).toEqual(found);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it('tells how far it is and ends with the reason of a signal', async () => {
    const images = Array.from({ length: 9 }, (_, i) => ({
      path: `${i}`,
      label: 0,
      image: noise(5, 7, i + 1),
    }));
    const controller = new AbortController();
    const seen: number[] = [];
    const run = inspect(memoryImageSet(['one'], images), {
      concurrency: 1,
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        seen.push(done / total);
        if (done === 3) controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(seen).toEqual([1 / 9, 2 / 9, 3 / 9]);
  });

  it.each([[undefined], [{}], [{ train: [] }], ['folder']])('refuses %o', async (sets) => {
    await expect(inspect(sets as never)).rejects.toThrow(
      /a set of pictures, or sets by the names of their splits/,
    );
  });

  const real = realData('idenprof/train/engineer');
  it.skipIf(real.isAbsent)(`finds equal files of IdenProf${real.note}`, async () => {
    const all = await readImageFolder(join(real.path, '..'), { classNames: ['engineer'] });
    const folder = { ...all, examples: all.examples.filter(({ path }) => /-(71|83)\d\.jpg$/.test(path)) };
    const groups = new Map<string, string[]>();
    for (const { path } of folder.examples) {
      const hash = createHash('md5')
        .update(await readFile(path))
        .digest('hex');
      groups.set(hash, [...(groups.get(hash) ?? []), path]);
    }
    const { equal, pictures } = await inspect(folder);
    expect(pictures).toBe(20);
    expect(equal).not.toEqual([]);
    expect(equal.map((group) => group.pictures.map(({ path }) => path))).toEqual(
      [...groups.values()].filter((group) => group.length > 1),
    );
  });
});

describe('near groups', () => {
  const randomHashes = (random: Random, count: number): Uint32Array => {
    const words = Uint32Array.from({ length: 2 * count }, () => random.bits());
    // Half of them others' neighbours, some bits away.
    for (let i = 1; i < count; i += 2) {
      words.copyWithin(2 * i, 2 * (i - 1), 2 * i);
      for (let flips = random.integer(0, 13); flips > 0; flips--)
        words[2 * i + random.integer(0, 1)]! ^= 1 << random.integer(0, 31);
    }
    return words;
  };

  it.each([0, 1, 3, 4, 6, 8, 11])('are those of all pairs, at a distance of %i', (distance) => {
    const words = randomHashes(createRandom(distance), 200);
    const places = Array.from({ length: 200 }, (_, place) => place);
    const groups = nearGroups(words, places, distance, () => true);
    const group = new Map(
      groups.flatMap((members, index) => members.map((place) => [place, index] as const)),
    );
    for (const left of places) {
      for (const right of places) {
        if (left < right && hashDistance(words, left, right) <= distance) {
          expect(group.get(left)).toBeDefined();
          expect(group.get(left)).toBe(group.get(right));
        }
      }
    }
    for (const members of groups) {
      for (const place of members) {
        expect(
          members.some((other) => other !== place && hashDistance(words, place, other) <= distance),
        ).toBe(true);
      }
    }
  });

  it('differ in many bits for other pictures, in few for a brighter one', () => {
    const words = new Uint32Array(6);
    const picture = shapes(1);
    writePerceptualHash(picture, words, 0);
    writePerceptualHash(shapes(2), words, 1);
    picture.pixels.forEach((value, i) => (picture.pixels[i] = Math.min(255, value * 1.1)));
    writePerceptualHash(picture, words, 2);
    expect(hashDistance(words, 0, 1)).toBeGreaterThan(16);
    expect(hashDistance(words, 0, 2)).toBeLessThanOrEqual(4);
  });
});

describe('what an inspection looks like', () => {
  const HOSTILE = '<script>alert(1)</script>"\'&';
  const hostileSet = () =>
    memoryImageSet(
      [HOSTILE, 'plain\u001b[31m'],
      [
        { path: `${HOSTILE}/a`, label: 0, image: shapes(1) },
        { path: 'b\u202egnp.exe', label: 1, image: shapes(1) },
        { path: 'c', label: 1, image: shapes(2) },
      ],
    );

  it('as text names classes, groups and paths, and draws nothing on the terminal', async () => {
    const text = formatInspection(await inspect(hostileSet()));
    expect(text).toContain('equal files      1 group of 2 pictures, 0 across splits, 1 with several labels');
    expect(text).toContain(`- ${HOSTILE}/a`);

    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).toContain('b\\u202egnp.exe');
  });

  it('as a page escapes names, has no script, asks for nothing outside and shows pictures', async () => {
    const set = hostileSet();
    const byPath = new Map(set.examples.map(({ path, image }) => [path, image]));
    const page = await inspectionPage(await inspect(set), {
      title: HOSTILE,
      readPicture: (path) => Promise.resolve(byPath.get(path)!),
    });
    expect(page).toContain(`content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|https?:\/\/|javascript:/i);
    expect(page).toContain('&lt;script&gt;');
    expect(page.match(/<img src="data:image\/jpeg;base64,/g)!.length).toBeGreaterThanOrEqual(5);
  });

  it('as a page holds a place for a picture that is gone', async () => {
    const directory = await folderOf({ 'a/1.png': png(shapes(1)), 'a/2.png': png(shapes(1)) });
    const found = await inspect(await readImageFolder(directory));
    const gone = JSON.parse(JSON.stringify(found).replaceAll('1.png', 'gone.png')) as typeof found;
    expect(await inspectionPage(gone)).toContain('no picture');
  });
});
