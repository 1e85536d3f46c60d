import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { classIndexJson, readClassIndex } from '../src/models/class-index';

import { temporaryFolder } from './picture-folder';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function read(text: string): Promise<string[]> {
  const path = join(folder.path, 'index.json');
  await writeFile(path, text);
  return readClassIndex(path);
}

describe('readClassIndex', () => {
  it('sorts by number, not by place or by text', async () => {
    const entries = Array.from({ length: 12 }, (_, index): [string, string] => [
      `${index}`,
      `class ${index}`,
    ]);
    const text = `{${entries
      .reverse()
      .map(([key, name]) => `"${key}": "${name}"`)
      .join(',')}}`;
    expect(await read(text)).toEqual(Array.from({ length: 12 }, (_, index) => `class ${index}`));
  });

  it("takes the names of ImageNet's pairs", async () => {
    expect(await read('{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}')).toEqual([
      'tench',
      'goldfish',
    ]);
  });

  it('takes a list', async () => {
    expect(await read('["chef", "doctor"]')).toEqual(['chef', 'doctor']);
  });

  it('reads back what classIndexJson writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string(), { minLength: 1 }), async (names) => {
        expect(await read(classIndexJson(names))).toEqual(names);
      }),
      { numRuns: 30 },
    );
  });

  it.each(['{}', '[]', '{"0": "a", "2": "b"}', '{"0": 1}', '"a"', 'null', '{"a": 0}'])(
    'refuses %s',
    async (text) => {
      await expect(read(text)).rejects.toThrow(/name every class by its number from 0/);
    },
  );

  it('says that a file is not JSON', async () => {
    await expect(read('chef,doctor')).rejects.toThrow(/index\.json but it is not JSON\./);
  });

  it('says that a file is missing', async () => {
    await expect(readClassIndex(join(folder.path, 'none.json'))).rejects.toThrow(/can't be read \(ENOENT\)/);
  });
});
