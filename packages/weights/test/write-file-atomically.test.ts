import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { writeFileAtomically } from '../src/node';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomically', () => {
  it('writes text, bytes and pieces, and leaves no other file', async () => {
    await writeFileAtomically(join(folder, 'text'), 'ä');
    await writeFileAtomically(join(folder, 'bytes'), Uint8Array.of(1, 2));
    await writeFileAtomically(join(folder, 'pieces'), [Uint8Array.of(3), Uint8Array.of(4, 5)]);
    expect(await readFile(join(folder, 'text'), 'utf8')).toBe('ä');
    expect([...(await readFile(join(folder, 'bytes')))]).toEqual([1, 2]);
    expect([...(await readFile(join(folder, 'pieces')))]).toEqual([3, 4, 5]);
    expect((await readdir(folder)).sort()).toEqual(['bytes', 'pieces', 'text']);
  });

  it('makes the folder that the path names', async () => {
    await writeFileAtomically(join(folder, 'runs', '1', 'file'), 'x');
    expect(await readdir(join(folder, 'runs', '1'))).toEqual(['file']);
  });

  it('keeps what was there when the content fails half-way', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'old');
    const failing = async function* () {
      yield await Promise.resolve(Uint8Array.of(1));
      throw new Error('no more');
    };
    await expect(writeFileAtomically(path, failing())).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('keeps what was there when it is aborted half-way', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'old');
    const controller = new AbortController();
    const aborting = function* () {
      yield Uint8Array.of(1);
      controller.abort(new Error('enough'));
      yield Uint8Array.of(2);
    };
    await expect(writeFileAtomically(path, aborting(), { signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });
});
