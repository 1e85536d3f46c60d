import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory as zooCache, disposeBatch } from '@zoo/core';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { bundleProgram } from '../../../test-support/bundle-program';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { colorJitter, randomErasing, randomHorizontalFlip, randomResizedCrop, subset } from '../src/index';
import { imageBatches, readImageFolder, type ImageFolder, type NodeImageBatchesOptions } from '../src/node';

import { folderOf, noise, slopes } from './support/pictures';

const place = temporaryDirectory();
const AUGMENT = [randomResizedCrop(), randomHorizontalFlip(), colorJitter({ contrast: 0.3 })];

/** A picture as a PPM file, whose size tells nothing of its colours. */
function ppm(seed: number, height = 24, width = 30): Uint8Array {
  const { pixels } = noise(height, width, seed);
  return Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), pixels]);
}

async function pictures(count = 9): Promise<ImageFolder> {
  const files: Record<string, Uint8Array> = {};
  for (let index = 0; index < count; index++) files[`${index % 2}/${index}.ppm`] = ppm(index);
  const { pixels, height, width } = slopes(50, 40);
  files['0/photo.jpg'] = await sharp(pixels, { raw: { height, width, channels: 3 } })
    .jpeg()
    .toBuffer();
  return readImageFolder(await folderOf(files));
}

/** Changes a picture without a trace in its size and time of change. */
async function replaceUnseen(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  await writeFile(path, ppm(100));
  await utimes(path, atime, mtime);
}

/** Gives all pictures times that `utimes` can set again: whole seconds. */
async function inWholeSeconds({ examples }: ImageFolder): Promise<void> {
  for (const { path } of examples) await utimes(path, 1_700_000_000, 1_700_000_000);
}

const hashOf = (values: Float32Array | Int32Array | Uint8Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');

async function epochOf(folder: ImageFolder, options: Partial<NodeImageBatchesOptions>, epochs = [0]) {
  const source = await imageBatches(folder, {
    ...{ imageSize: 20, batchSize: 4, seed: 1 },
    ...options,
  });
  const batches = [];
  for (const epoch of epochs) {
    for await (const batch of source.batches({ epoch })) {
      const { sources, images, labels } = batch;
      const values = images.dataSync();
      const each = values.length / sources.length;
      const hashes = sources.map((_, place) => hashOf(values.slice(place * each, (place + 1) * each)));
      batches.push({ sources, hashes, labels: labels.arraySync() });
      disposeBatch(batch);
    }
  }
  return batches;
}

/** Names below a cache's folder, without those of its folders. */
const namesIn = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true, withFileTypes: true }) as { name: string; isFile(): boolean }[])
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** The path of the only segment. */
function onlySegment(directory: string): string {
  const [folder] = readdirSync(directory);
  const names = readdirSync(join(directory, folder!));
  expect(names).toHaveLength(1);
  return join(directory, folder!, names[0]!);
}

let warnings: string[] = [];
const noteWarning = ({ message }: Error) => void warnings.push(message);
/** Warnings are told in the turn after the next. */
const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  warnings = [];
  process.on('warning', noteWarning);
});
afterEach(async () => {
  await turns();
  process.off('warning', noteWarning);
});

describe("cache: 'disk'", () => {
  it.each<Partial<NodeImageBatchesOptions>>([
    {},
    { prefetch: 0, concurrency: 1 },
    { workers: 2, prefetch: 5 },
    { augmentFrom: 'source', workers: 1 },
    { augmentFrom: [26, 22], aspect: 'crop', augment: [...AUGMENT, randomErasing()] },
    { aspect: 'pad', resize: 'bilinear', colorMode: 'grayscale', sampler: 'balanced' },
    { cacheLimitBytes: 5_000 },
  ])(
    'yields the batches that it yields without one, in the first run and in the next, with %j',
    async (options) => {
      const folder = await pictures();
      const epochs = [0, 1, 2];
      const shared = { augment: AUGMENT, ...options };
      const expected = await epochOf(folder, shared, epochs);
      const cached = { ...shared, cache: 'disk', cacheDirectory: place() } as const;
      expect(await epochOf(folder, cached, epochs)).toEqual(expected);
      expect(await epochOf(folder, { ...cached, workers: 0, prefetch: 1 }, epochs)).toEqual(expected);
      expect(warnings).toEqual([]);
    },
  );

  it('reads in a second run what the first one wrote, in another split of the folder too', async () => {
    const folder = await pictures();
    await inWholeSeconds(folder);
    const options = { cache: 'disk', cacheDirectory: place(), shuffle: false } as const;
    const before = await epochOf(folder, options);
    for (const { path } of folder.examples) if (path.endsWith('.ppm')) await replaceUnseen(path);
    expect(await epochOf(folder, options)).toEqual(before);
    const part = { ...folder, ...subset(folder, { where: ({ path }) => /[3-5]\.ppm$/.test(path) }) };
    const [batch] = await epochOf(part, options);
    const hashes = new Map(before.flatMap((each) => each.sources.map((path, at) => [path, each.hashes[at]])));
    expect(batch!.hashes).toEqual(batch!.sources.map((path) => hashes.get(path)));
    expect(onlySegment(options.cacheDirectory)).toMatch(/\.pictures$/);
  });

  it('decodes a picture again whose file has another time of change or another size', async () => {
    const folder = await pictures();
    const options = { cache: 'disk', cacheDirectory: place(), shuffle: false } as const;
    const before = await epochOf(folder, options);
    await writeFile(folder.examples[0]!.path, ppm(101));
    await utimes(folder.examples[0]!.path, 1, 1);
    await writeFile(folder.examples[5]!.path, ppm(102, 30, 40));
    const now = await epochOf(folder, { shuffle: false });
    expect(now).not.toEqual(before);
    expect(await epochOf(folder, options)).toEqual(now);
    expect(await epochOf(folder, options)).toEqual(now);
  });

  it('keeps apart what is resized, cropped or decoded otherwise', async () => {
    const folder = await pictures();
    const cacheDirectory = place();
    for (const options of [
      {},
      { imageSize: 16 },
      { aspect: 'crop' },
      { resize: 'nearest' },
      { augmentFrom: 'source' },
      { decode: { convention: 'pillow' } },
    ] as const) {
      await epochOf(folder, { cache: 'disk', cacheDirectory, ...options });
    }
    expect(readdirSync(cacheDirectory)).toHaveLength(6);
    await epochOf(folder, { cache: 'disk', cacheDirectory, normalization: 'torch', augment: AUGMENT });
    expect(readdirSync(cacheDirectory)).toHaveLength(6);
  });

  it('is shared by sources that write at once; one segment is left of what is doubled', async () => {
    const folder = await pictures();
    const expected = await epochOf(folder, {}, [0, 1]);
    const options = { cache: 'disk', cacheDirectory: place() } as const;
    const both = await Promise.all([epochOf(folder, options, [0, 1]), epochOf(folder, options, [0, 1])]);
    expect(both).toEqual([expected, expected]);
    expect(await epochOf(folder, options, [0, 1])).toEqual(expected);
    onlySegment(options.cacheDirectory);
  });

  it('keeps what an epoch has read that its consumer breaks off, and goes on from there', async () => {
    const folder = await pictures();
    const cacheDirectory = place();
    const source = await imageBatches(folder, {
      ...{ imageSize: 20, batchSize: 4, prefetch: 0, shuffle: false, cache: 'disk', cacheDirectory },
    });
    for await (const batch of source.batches({ epoch: 0 })) {
      disposeBatch(batch);
      break;
    }
    expect(statSync(onlySegment(cacheDirectory)).size).toBeLessThan(20 * 20 * 3 * 6);
    const options = { cache: 'disk', cacheDirectory, shuffle: false } as const;
    expect(await epochOf(folder, options)).toEqual(await epochOf(folder, { shuffle: false }));
    expect(namesIn(cacheDirectory)).toHaveLength(2);
  });

  it.each<[string, (path: string) => void]>([
    [
      'a picture has changed',
      (path) => {
        const bytes = readFileSync(path);
        bytes[1000]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
    [
      'its index has changed',
      (path) => {
        const bytes = readFileSync(path);
        bytes[bytes.length - 200]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
    ['it is cut short', (path) => truncateSync(path, 4000)],
    ['it is cut within its header', (path) => truncateSync(path, 20)],
    ['it is empty', (path) => truncateSync(path, 0)],
    ['it is something else', (path) => writeFileSync(path, 'zoo pics '.repeat(99))],
  ])('decodes again where a file of the cache is not what was written: %s', async (_, damage) => {
    const folder = await pictures();
    const expected = await epochOf(folder, {});
    const options = { cache: 'disk', cacheDirectory: place() } as const;
    await epochOf(folder, options);
    damage(onlySegment(options.cacheDirectory));
    expect(await epochOf(folder, options)).toEqual(expected);
    expect(await epochOf(folder, options)).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  it('passes over a file of other settings that was put into its folder', async () => {
    const folder = await pictures();
    const [options, other] = [place('one'), place('other')].map(
      (cacheDirectory) => ({ cache: 'disk', cacheDirectory }) as const,
    );
    await epochOf(folder, options!);
    await epochOf(folder, { ...other, resize: 'nearest' });
    copyFileSync(onlySegment(other!.cacheDirectory), onlySegment(options!.cacheDirectory));
    expect(await epochOf(folder, options!)).toEqual(await epochOf(folder, {}));
  });

  it('warns once where nothing can be written, and decodes each time', async () => {
    const folder = await pictures();
    const cacheDirectory = place('a-file');
    writeFileSync(cacheDirectory, '');
    const options = { cache: 'disk', cacheDirectory } as const;
    expect(await epochOf(folder, options, [0, 1])).toEqual(await epochOf(folder, {}, [0, 1]));
    await turns();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Expected to keep pictures in .*a-file.* but .*ENOTDIR.* options\.cacheDirectory/,
      ),
    ]);
  });

  it("lies in the zoo's own cache unless a folder is named", async () => {
    const home = place('home');
    vi.stubEnv('ZOO_CACHE_DIRECTORY', home);
    try {
      await epochOf(await pictures(), { cache: 'disk' });
      expect(namesIn(join(zooCache(), 'pictures'))).toHaveLength(1);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('leaves out damaged pictures as it does without a cache', async () => {
    const folder = await pictures();
    await writeFile(folder.examples[3]!.path, 'P6 4 4 255\nshort');
    const options = { cache: 'disk', cacheDirectory: place(), onCorrupt: 'skip' } as const;
    const expected = await epochOf(folder, { onCorrupt: 'skip' }, [0, 1]);
    expect(await epochOf(folder, options, [0, 1])).toEqual(expected);
  });

  it('is refused for a set that reads its own pictures', async () => {
    const set = {
      classNames: ['a'],
      examples: [{ path: 'x', label: 0 }],
      readImage: () => Promise.resolve(noise(4, 4)),
    };
    await expect(imageBatches(set, { imageSize: 4, cache: 'disk' })).rejects.toThrow(/`options\.cache`/);
  });
});

describe.skipIf(process.platform === 'win32')('processes that share a cache on the disk', () => {
  let program: string;
  beforeAll(async () => {
    program = await bundleProgram(new URL('./support/fill-cache.ts', import.meta.url));
    return () => rmSync(program);
  });

  interface Outcome {
    code: number | null;
    hash: string | undefined;
    errors: string;
  }

  async function run(
    folder: string,
    cache: string,
    { kill = false, blocks = 'unlimited' } = {},
  ): Promise<Outcome> {
    const child = spawn('bash', [
      '-c',
      `ulimit -f ${blocks}; exec "$@"`,
      ...['-', process.execPath, program, folder, cache],
    ]);
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      if (kill) child.kill('SIGKILL');
    });
    child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return {
      code,
      hash: output.split('\n')[1],
      errors: errors.replace(/^.*(TensorFlow\.js in Node|====).*$/gm, ''),
    };
  }

  it('read the same, whether they write at once, after a killed one, or on a disk that is full', async () => {
    const { directory } = await pictures(30);
    const alone = await run(directory, place('alone'));
    expect(alone).toEqual({
      code: 0,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      errors: expect.any(String),
    });
    const shared = place('shared');
    const killed = await run(directory, shared, { kill: true });
    expect(killed.code).toBeNull();
    expect(namesIn(shared).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(namesIn(shared).filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
    const both = await Promise.all([run(directory, shared), run(directory, shared)]);
    expect(both.map(({ hash }) => hash)).toEqual([alone.hash, alone.hash]);
    expect(namesIn(shared).filter((name) => name.startsWith('.'))).toEqual([]);
    // Twenty blocks of half a kibibyte: two pictures and a bit.
    const full = place('full');
    const short = await run(directory, full, { blocks: '20' });
    expect(short.hash).toBe(alone.hash);
    expect(short.errors.match(/Expected to keep pictures in/g)).toHaveLength(1);
    expect(namesIn(full)).toEqual([]);
  }, 60_000);
});
