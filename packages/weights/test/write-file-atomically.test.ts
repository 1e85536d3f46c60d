import { readdir, readFile, writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { writeFileAtomically } from '../src/node';

const place = temporaryDirectory();
describe('writeFileAtomically', () => {
  it('writes text, bytes and pieces, and leaves no other file', async () => {
    await writeFileAtomically(place('text'), 'ä');
    await writeFileAtomically(place('bytes'), Uint8Array.of(1, 2));
    await writeFileAtomically(place('pieces'), [Uint8Array.of(3), Uint8Array.of(4, 5)]);
    expect(await readFile(place('text'), 'utf8')).toBe('ä');
    expect([...(await readFile(place('bytes')))]).toEqual([1, 2]);
    expect([...(await readFile(place('pieces')))]).toEqual([3, 4, 5]);
    expect((await readdir(place())).sort()).toEqual(['bytes', 'pieces', 'text']);
  });

  it('makes the folder that the path names', async () => {
    await writeFileAtomically(place('runs', '1', 'file'), 'x');
    expect(await readdir(place('runs', '1'))).toEqual(['file']);
  });

  it('keeps what was there when the content fails half-way', async () => {
    const path = place('file');
    await writeFile(path, 'old');
    const failing = async function* () {
      yield await Promise.resolve(Uint8Array.of(1));
      throw new Error('no more');
    };
    await expect(writeFileAtomically(path, failing())).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(place())).toEqual(['file']);
  });

  it('keeps what was there when it is aborted half-way', async () => {
    const path = place('file');
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
    expect(await readdir(place())).toEqual(['file']);
  });
});
