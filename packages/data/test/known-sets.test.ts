import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { disposeBatch } from '@zoo/core';
import { File, ready } from 'h5wasm/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startFileServer, type FileServer } from '../../../test-support/file-server';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { idenProf, imageBatches, knownSetNames, KNOWN_SETS, openKnownSet, signs } from '../src/node';
import type { KnownSet, KnownSetName, KnownSetRow } from '../src/node';
import { openSetOf, type KnownSetOptions } from '../src/node/open-known-set';

import { tgzOf, zipOf } from './support/archives';
import { noise, png } from './support/pictures';

let server: FileServer;
const place = temporaryDirectory();

beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  Object.assign(server, { behaviours: [], requests: [], delayMs: 0 });
});

/** Two pictures a class to train on and one to test with; large enough that a transfer breaks off amid them. */
function folderFiles(root: string, test: string, classNames: readonly string[]): [string, Uint8Array][] {
  return classNames.flatMap((name, label) => [
    ...[1, 2].map((copy): [string, Uint8Array] => [
      `${root}/train/${name}/${copy}.png`,
      png(noise(40, 40, 10 * label + copy)),
    ]),
    [`${root}/${test}/${name}/9.png`, png(noise(40, 40, 10 * label + 9))],
  ]);
}

const tgz = (files: readonly [string, Uint8Array][]): Buffer =>
  tgzOf(files.map(([path, content]) => ({ path, content })));

const cifar = (labels: number[], labelBytes: number): Uint8Array =>
  Buffer.concat(
    labels.map((label) => Buffer.concat([Buffer.alloc(labelBytes, label), Buffer.alloc(3072, 50)])),
  );

const fineNames = Buffer.from(Array.from({ length: 100 }, (_, label) => `fine ${label}\n`).join(''));

const WORDNET = /n\d{8}/;
const identifiers = (name: 'imagenette' | 'imagewoof'): string[] =>
  name === 'imagenette'
    ? 'n01440764 n02102040 n02979186 n03000684 n03028079 n03394916 n03417042 n03425413 n03445777 n03888257'.split(
        ' ',
      )
    : 'n02086240 n02087394 n02088364 n02089973 n02093754 n02096294 n02099601 n02105641 n02111889 n02115641'.split(
        ' ',
      );

interface SmallArchive {
  readonly archive: Buffer;
  readonly pictures: [train: number, test: number];
}

/** A small archive in the layout of each set, and how many pictures it has. */
const ARCHIVES: Partial<Record<KnownSetName, () => SmallArchive>> = {
  idenprof: () => ({
    archive: zipOf(
      Object.fromEntries(
        folderFiles(
          'idenprof',
          'test',
          'chef doctor engineer farmer firefighter judge mechanic pilot police waiter'.split(' '),
        ),
      ),
    ),
    pictures: [20, 10],
  }),
  'imagenette-160': () => ({
    archive: tgz([
      ...folderFiles('imagenette2-160', 'val', identifiers('imagenette')),
      ['imagenette2-160/noisy_imagenette.csv', Buffer.from('path\n')],
    ]),
    pictures: [20, 10],
  }),
  'imagewoof-320': () => ({
    archive: tgz(folderFiles('imagewoof2-320', 'val', identifiers('imagewoof'))),
    pictures: [20, 10],
  }),
  cifar10: () => ({
    archive: tgz([
      ...[1, 2, 3, 4, 5].map((part): [string, Uint8Array] => [
        `cifar-10-batches-bin/data_batch_${part}.bin`,
        cifar([part, 0], 1),
      ]),
      ['cifar-10-batches-bin/test_batch.bin', cifar([9], 1)],
    ]),
    pictures: [10, 1],
  }),
  cifar100: () => ({
    archive: tgz([
      ['cifar-100-binary/fine_label_names.txt', fineNames],
      ['cifar-100-binary/train.bin', cifar([99, 3], 2)],
      ['cifar-100-binary/test.bin', cifar([5], 2)],
    ]),
    pictures: [2, 1],
  }),
};

const made = new Map<string, SmallArchive>();
const MADE = Object.keys(ARCHIVES) as (keyof typeof ARCHIVES)[];

/** The row of a set as it is, but for an archive that is small and served here. */
function smallRow(name: KnownSetName): KnownSetRow {
  if (!made.has(name)) made.set(name, ARCHIVES[name]!());
  const { archive, pictures } = made.get(name)!;
  server.content = archive;
  const row: KnownSetRow = KNOWN_SETS[name];
  const hash = { algorithm: 'sha256', digest: createHash('sha256').update(archive).digest('hex') } as const;
  return {
    ...row,
    pictures,
    archive: {
      url: server.url,
      ...(row.archive!.hash && { hash }),
      ...(row.archive!.sizeBytes !== undefined && { sizeBytes: archive.length }),
    },
  };
}

const open = (row: KnownSetRow, options: KnownSetOptions = {}): Promise<KnownSet> =>
  openSetOf('small', row, { cacheDirectory: place('cache'), ...options });
const kept = (): Promise<string[]> => readdir(place('cache', 'sets')).catch(() => []);

async function trainStep({ train }: KnownSet): Promise<number> {
  const source = await imageBatches(train, { imageSize: 8, batchSize: 2, normalization: 'torch', seed: 1 });
  const flatten = tfl.layers.flatten({ inputShape: [8, 8, 3] });
  const model = tfl.sequential({ layers: [flatten, tfl.layers.dense({ units: train.classNames.length })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  for await (const batch of source.batches({ epoch: 0 })) {
    const loss = (await model.trainOnBatch(batch.images, batch.labels)) as number;
    disposeBatch(batch);
    const { numDisposedVariables } = model.dispose();
    expect(numDisposedVariables).toBeGreaterThan(0);
    return loss;
  }
  throw new Error('no batch');
}

describe('openKnownSet', () => {
  it.each(MADE)(
    '%s: downloads, unpacks, reads and trains a step; the next time it asks nobody',
    async (name) => {
      const row = smallRow(name);
      const steps = new Set<string>();
      const set = await open(row, { onProgress: ({ step }) => steps.add(step) });
      expect([set.train.examples.length, set.test.examples.length]).toEqual(row.pictures);
      expect(set.train.classNames).toHaveLength(row.classes);
      expect(set.test.classNames).toEqual(set.train.classNames);
      expect([...steps]).toEqual(['download', 'unpack']);
      expect(await kept()).toEqual(['small']);
      expect(Number.isFinite(await trainStep(set))).toBe(true);
      expect(await open(row)).toEqual({
        train: { ...set.train, ...(set.train.readImage && { readImage: expect.any(Function) as unknown }) },
        test: { ...set.test, ...(set.test.readImage && { readImage: expect.any(Function) as unknown }) },
      });
      expect(server.requests).toHaveLength(1);
    },
  );

  it('calls classes by their names, not by WordNet’s identifiers', async () => {
    const { train, test } = await open(smallRow('imagenette-160'));
    expect(train.classNames.slice(0, 2)).toEqual(['tench', 'English springer']);
    expect(train.classNames.some((each) => WORDNET.test(each))).toBe(false);
    expect(test.examples[3]).toMatchObject({
      path: expect.stringContaining('n03000684') as string,
      label: 3,
    });
  });

  it('goes on where a download broke off', async () => {
    const row = smallRow('imagenette-160');
    server.behaviours = ['break'];
    await expect(open(row)).rejects.toThrow(/broke off after \d+ bytes.*resumes/);
    await open(row);
    expect(server.requests).toEqual([undefined, 'bytes=20000-']);
  });

  it('neither keeps nor unpacks an archive of another hash', async () => {
    const row = smallRow('imagewoof-320');
    server.behaviours = ['wrong'];
    await expect(open(row)).rejects.toThrow(/whose sha256 is not .* as `from`/);
    expect(await kept()).toEqual([]);
  });

  it.each([
    [
      'whole but of other pictures',
      () => zipOf({ 'idenprof/train/chef/1.png': png(noise(2, 2)) }),
      /idenprof/,
    ],
    ['no archive', () => Buffer.from('<html>moved</html>'), /ZIP, tar or tar\.gz/],
    ['hostile', () => zipOf({ '../escaped': Buffer.from('x') }), /leads out of it|lie within it/],
  ])('does not keep what is served without a published hash and is %s', async (_, archive, words) => {
    const row = smallRow('idenprof');
    server.content = archive();
    await expect(open(row)).rejects.toThrow(words);
    expect(await kept()).toEqual([]);
    expect(await readdir(place('cache'))).toEqual(['sets']);
  });

  it('does not take a set with fewer pictures than its publisher states', async () => {
    const row = smallRow('idenprof');
    await expect(open({ ...row, pictures: [21, 10] })).rejects.toThrow(/21 and 10 pictures.*found 20 and 10/);
    expect(await kept()).toEqual([]);
  });

  it('unpacks anew where a process was killed amid it, and downloads nothing that is there', async () => {
    const row = smallRow('imagenette-160');
    await mkdir(place('cache', 'sets', 'small.part', 'imagenette2-160', 'train'), { recursive: true });
    await writeFile(place('cache', 'sets', 'weights.h5'), server.content);
    await writeFile(place('cache', 'sets', 'small.lock'), '1\n');
    const { train } = await open(row);
    expect(train.examples).toHaveLength(20);
    expect(server.requests).toEqual([]);
    expect(await kept()).toEqual(['small']);
  });

  it('is fetched once by two who want it at one time', async () => {
    const row = smallRow('cifar10');
    server.delayMs = 5;
    const [one, other] = await Promise.all([open(row), open(row)]);
    expect(one.train.examples).toEqual(other.train.examples);
    expect(server.requests).toHaveLength(1);
  });

  it('stops when told to, amid the download and amid unpacking, and leaves no folder', async () => {
    for (const step of ['download', 'unpack']) {
      const row = smallRow('imagenette-160');
      const controller = new AbortController();
      const onProgress: KnownSetOptions['onProgress'] = (progress) => {
        if (progress.step === step) controller.abort(new Error('enough'));
      };
      await expect(open(row, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
      expect((await kept()).filter((entry) => entry.startsWith('small'))).toEqual([]);
    }
  });

  it('says without a network where the archive is and what else to do', async () => {
    const row = smallRow('cifar100');
    const archive = { ...row.archive!, url: 'http://127.0.0.1:9/cifar-100-binary.tar.gz' };
    await expect(open({ ...row, archive })).rejects.toThrow(
      /127\.0\.0\.1:9\/cifar-100-binary\.tar\.gz could not be reached.*as `from`; or put it at .*cifar-100-binary\.tar\.gz\./,
    );
  });

  it('takes a local archive, checked, in place of the download', async () => {
    const row = smallRow('cifar10');
    await writeFile(place('mine.tgz'), server.content);
    const { train } = await open(row, { from: place('mine.tgz') });
    expect(train.examples).toHaveLength(10);
    expect((await stat(place('mine.tgz'))).isFile()).toBe(true);
    await rm(place('cache', 'sets'), { recursive: true });
    await writeFile(place('mine.tgz'), 'another');
    await expect(open(row, { from: place('mine.tgz') })).rejects.toThrow(/sha256 is not/);
    await expect(open(row, { from: place('absent.tgz') })).rejects.toThrow(/it does not exist/);
    expect(server.requests).toEqual([]);
  });

  it('reads a local folder, the archive’s or the one in it, and any part of the set that it holds', async () => {
    const files = folderFiles('idenprof', 'test', ['chef', 'pilot']);
    for (const [path, content] of files) {
      await mkdir(place('mine', path, '..'), { recursive: true });
      await writeFile(place('mine', path), content);
    }
    for (const from of [place('mine'), place('mine', 'idenprof')]) {
      const { train } = await idenProf({ from });
      expect(train.classNames).toEqual(['chef', 'pilot']);
    }
    expect(server.requests).toEqual([]);
  });

  it('refuses names that it does not know, and says which there are', () => {
    expect(() => openKnownSet('toString' as KnownSetName)).toThrow(/one of idenprof, imagenette,.*signs/);
  });
});

describe('signs', () => {
  it('reads the course’s HDF5 files', async () => {
    await ready;
    await mkdir(place('datasets'));
    for (const [part, count] of [
      ['train', 3],
      ['test', 2],
    ] as const) {
      const file = new File(place('datasets', `${part}_signs.h5`), 'w');
      const pictures = Uint8Array.from({ length: count * 60 }, (_, index) => index);
      const numbers = (length: number) => BigInt64Array.from({ length }, (_, index) => BigInt(index));
      file.create_dataset({ name: `${part}_set_x`, data: pictures, shape: [count, 4, 5, 3], dtype: '<B' });
      file.create_dataset({ name: `${part}_set_y`, data: numbers(count), shape: [count], dtype: '<q' });
      file.create_dataset({ name: 'list_classes', data: numbers(6), shape: [6], dtype: '<q' });
      file.close();
    }
    const set = await signs({ from: place('datasets') });
    expect(set.train.classNames).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(set.train.examples.map(({ label }) => label)).toEqual([0, 1, 2]);
    const { pixels, height, width } = await set.train.readImage!(set.train.examples[1]!);
    expect([height, width, pixels[0], pixels[59]]).toEqual([4, 5, 60, 119]);
    expect(Number.isFinite(await trainStep(set))).toBe(true);
    expect(tf.memory().numTensors).toBe(0);
  });

  it('says where to get them without a folder', async () => {
    await expect(signs({ cacheDirectory: place('cache') })).rejects.toThrow(
      /SIGNS has no public address.*`from`/,
    );
    await mkdir(place('empty'));
    await expect(signs({ from: place('empty') })).rejects.toThrow(/train_signs\.h5/);
  });
});

describe('the table of known sets', () => {
  it('holds what was published of each: sizes, hashes, pictures', () => {
    const rows = knownSetNames().map((name) => {
      const { archive, pictures, classes }: KnownSetRow = KNOWN_SETS[name];
      const { hash, sizeBytes } = archive ?? {};
      return [name, classes, pictures[0], pictures[1], sizeBytes, hash?.algorithm, hash?.digest.slice(0, 8)];
    });
    expect(rows).toEqual([
      ['idenprof', 10, 9000, 2000, undefined, undefined, undefined],
      ['imagenette', 10, 9469, 3925, 1557161267, 'sha256', '6cbfac23'],
      ['imagenette-320', 10, 9469, 3925, 341663724, 'sha256', '569b4497'],
      ['imagenette-160', 10, 9469, 3925, 99003388, 'sha256', '64d0c485'],
      ['imagewoof', 10, 9025, 3929, 1343715595, 'md5', '9aafe18b'],
      ['imagewoof-320', 10, 9025, 3929, 328387740, 'md5', '0f46d997'],
      ['imagewoof-160', 10, 9025, 3929, 92612825, 'md5', '3d200a7b'],
      ['cifar10', 10, 50000, 10000, 170052171, 'sha256', 'c4a38c50'],
      ['cifar100', 100, 50000, 10000, 168513733, 'sha256', '58a81ae1'],
      ['signs', 6, 1080, 120, undefined, undefined, undefined],
    ]);
  });
});
