import type * as FileSystem from 'node:fs';
import { lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { isZooError } from '@zoo/core';
import { describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { unpackArchive, type UnpackOptions } from '../src/node/unpack-archive';

import { tarOf, tgzOf, zipOf, type TarEntry } from './support/archives';

// A disk that takes its time over one file.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof FileSystem>();
  const open = (...args: Parameters<typeof fs.open>): void => void setTimeout(() => fs.open(...args), 50);
  const createWriteStream: typeof fs.createWriteStream = (path, options) =>
    fs.createWriteStream(path, {
      ...(options as object),
      ...(String(path).endsWith('slow.jpg') && { fs: { ...fs, open } }),
    });
  return { ...fs, createWriteStream };
});

const place = temporaryDirectory();
const BYTES = Buffer.from('picture');
const LIMITS = { maximumBytes: 1000, maximumEntries: 10 };

async function unpack(archive: Uint8Array, options: Partial<UnpackOptions> = {}): Promise<string[]> {
  const path = place('archive');
  await writeFile(path, archive);
  await unpackArchive(path, place('out'), { ...LIMITS, ...options });
  return (await readdir(place('out'), { recursive: true })).sort();
}

/** What is thrown, once it is known that nothing was written beside the folder. */
async function refusal(archive: Uint8Array, options: Partial<UnpackOptions> = {}): Promise<string> {
  const error: unknown = await unpack(archive, options).catch((reason: unknown) => reason);
  if (!isZooError(error, 'invalid-file')) throw new Error('it was not refused', { cause: error });
  expect((await readdir(place())).sort()).toEqual(['archive', 'out']);
  return error.message;
}

const HONEST: TarEntry[] = [
  { path: 'set/', type: 'Directory' },
  { path: 'set/train/cat/1.jpg', content: BYTES },
  { path: `set/train/${'long'.repeat(20)}/${'name'.repeat(20)}.jpg`, content: Buffer.alloc(600, 1) },
];

describe('unpackArchive', () => {
  it.each([
    ['a tar', tarOf(HONEST)],
    ['a tar in gzip', tgzOf(HONEST)],
  ])('writes the files and folders of %s', async (_, archive) => {
    const progress: number[] = [];
    const names = await unpack(archive, { onProgress: (done, total) => progress.push(done / total) });
    expect(names).toContain('set/train/cat/1.jpg');
    expect(names.filter((name) => name.endsWith('.jpg'))).toHaveLength(2);
    expect(BYTES.equals(await readFile(place('out', 'set', 'train', 'cat', '1.jpg')))).toBe(true);
    expect(progress.at(-1)).toBe(1);
  });

  it('writes the files of a ZIP, stored and compressed, and empty folders', async () => {
    const archive = zipOf({
      'set/empty/': new Uint8Array(),
      'set/a.jpg': [BYTES, { level: 0 }],
      'set/b.jpg': BYTES,
    });
    expect(await unpack(archive)).toEqual(['set', 'set/a.jpg', 'set/b.jpg', 'set/empty']);
    expect(BYTES.equals(await readFile(place('out', 'set', 'b.jpg')))).toBe(true);
  });

  it('is done when every file is, not the last alone', async () => {
    const names = await unpack(
      tarOf([
        { path: 'slow.jpg', content: BYTES },
        { path: 'last.jpg', content: BYTES },
      ]),
    );
    expect(names).toEqual(['last.jpg', 'slow.jpg']);
    for (const name of names) expect(BYTES.equals(await readFile(place('out', name)))).toBe(true);
  });

  it('writes no file as executable and follows no owner', async () => {
    await unpack(zipOf({ 'a.sh': [BYTES, { os: 3, attrs: 0o104755 << 16 }] }));
    expect((await lstat(place('out', 'a.sh'))).mode & 0o7111).toBe(0);
  });

  it('hears an abort amid an archive', async () => {
    const controller = new AbortController();
    const signal = controller.signal;
    const onProgress = (): void => controller.abort(new Error('enough'));
    const archive = tgzOf(
      Array.from({ length: 9 }, (_, index) => ({ path: `${index}.jpg`, content: BYTES })),
    );
    await expect(unpack(archive, { signal, onProgress })).rejects.toThrow('enough');
  });
});

describe('hostile archives', () => {
  const escapes = [
    '../escaped',
    'a/../../escaped',
    '/tmp/escaped',
    'C:/escaped',
    '..\\escaped',
    'a\\..\\..\\escaped',
  ];

  it.each(escapes)('a tar with the name %s is refused', async (path) => {
    expect(await refusal(tarOf([{ path, content: BYTES }]))).toMatch(/whose files lie within it/);
  });

  it.each(escapes)('a ZIP with the name %s is refused', async (path) => {
    expect(await refusal(zipOf({ [path]: BYTES }))).toMatch(/lie within it|leads out of it/);
  });

  it.each(['SymbolicLink', 'Link', 'CharacterDevice', 'BlockDevice', 'FIFO'] as const)(
    'a tar with an entry of the kind %s is refused',
    async (type) => {
      const linkpath = type.endsWith('Link') ? { linkpath: '/etc/passwd' } : {};
      const archive = tarOf([
        { path: 'ok.jpg', content: BYTES },
        { path: 'entry', type, ...linkpath },
      ]);
      expect(await refusal(archive)).toMatch(new RegExp(`files and folders alone.*${type}`));
      expect(await readdir(place('out'))).not.toContain('entry');
    },
  );

  it('a file that would be written through a link is refused with the link', async () => {
    const archive = tarOf([
      { path: 'out', type: 'SymbolicLink', linkpath: '..' },
      { path: 'out/escaped', content: BYTES },
    ]);
    expect(await refusal(archive)).toMatch(/SymbolicLink/);
  });

  it('a ZIP with a symbolic link is refused before anything is written', async () => {
    const link = [Buffer.from('/etc/passwd'), { os: 3, attrs: 0o120777 << 16 }] as const;
    expect(await refusal(zipOf({ 'a.jpg': BYTES, link: [...link] }))).toMatch(/a link, link/);
    expect(await readdir(place('out'))).toEqual([]);
  });

  it('two files of one name are refused', async () => {
    const twice = [1, 2].map(() => ({ path: 'a.jpg', content: BYTES }));
    expect(await refusal(tarOf(twice))).toMatch(/a file of that name is in the way/);
  });

  it('a million entries are refused after as many as are allowed', async () => {
    const entry = tarOf([{ path: 'a', type: 'Directory' }]).subarray(0, 512);
    const start = performance.now();
    const archive = gzipSync(Buffer.alloc(512_000_000 / 8, entry), { level: 1 });
    expect(await refusal(archive)).toMatch(/at most 10 files and folders/);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('a tar that says it is larger than allowed is refused before its bytes are written', async () => {
    const archive = tarOf([{ path: 'bomb', size: 2 ** 33 }]);
    expect(await refusal(archive)).toMatch(/at most 1000 bytes/);
    expect(await readdir(place('out'))).toEqual([]);
  });

  it('a bomb of zeros behind the end of a tar is not unpacked to its end', async () => {
    const archive = gzipSync(
      Buffer.concat([tarOf([{ path: 'a', content: BYTES }]), Buffer.alloc(30_000_000)]),
    );
    expect(await refusal(archive)).toMatch(/at most 41960 bytes/);
  });

  it('a ZIP that unpacks to more than is allowed is refused before anything is written', async () => {
    expect(await refusal(zipOf({ bomb: new Uint8Array(100_000) }))).toMatch(/at most 1000 bytes/);
    expect(await readdir(place('out'))).toEqual([]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('<html>not found</html>'.repeat(50))],
    ['a gzip of a text', gzipSync('<html>not found</html>'.repeat(50))],
    ['a cut tar.gz', tgzOf(HONEST).subarray(0, -20)],
    ['a cut tar', tarOf(HONEST).subarray(0, 700)],
    ['a cut ZIP', zipOf({ a: BYTES }).subarray(0, -30)],
    ['an empty tar', tarOf([])],
  ])('%s is refused with a sentence', async (_, archive) => {
    expect(await refusal(archive)).toMatch(/^(Expected|.*archive).*\./s);
  });

  it('a damaged ZIP is refused by its checksum', async () => {
    const archive = zipOf({ 'a.jpg': [Buffer.alloc(500, 7), { level: 0 }] });
    archive[200]! ^= 1;
    expect(await refusal(archive)).toMatch(/is damaged/);
  });

  it('a link that lies in the place of the folder beforehand leads nowhere', async () => {
    await mkdir(place('out'));
    await expect(unpack(tarOf([{ path: 'a/b', content: BYTES }]))).resolves.toEqual(['a', 'a/b']);
  });
});
