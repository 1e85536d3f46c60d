import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { classIndexJson, readClassIndexFile } from '../src/models/class-index';

import { temporaryFolder } from './picture-folder';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe('a class index file', () => {
  it('is read back as it was written', async () => {
    const path = join(folder.path, 'index.json');
    const names = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(names, async (classNames) => {
        await writeFile(path, classIndexJson(classNames));
        expect(await readClassIndexFile(path)).toEqual(classNames);
      }),
      { numRuns: 30 },
    );
  });

  it('that is missing is named', async () => {
    await expect(readClassIndexFile(join(folder.path, 'none.json'))).rejects.toThrow(
      /none\.json but it can't be read \(ENOENT\)/,
    );
  });
});
