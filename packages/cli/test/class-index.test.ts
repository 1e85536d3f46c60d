import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readClassIndexFile } from '../src/models/class-index';

import { temporaryFolder } from './picture-folder';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe('a class index file', () => {
  it('that is damaged is named', async () => {
    const path = join(folder.path, 'index.json');
    await writeFile(path, '{"0": "chef", "2": "doctor"}');
    await expect(readClassIndexFile(path)).rejects.toThrow(`in ${path} but found`);
  });

  it('that is missing is named', async () => {
    await expect(readClassIndexFile(join(folder.path, 'none.json'))).rejects.toThrow(
      /none\.json but it can't be read \(ENOENT\)/,
    );
  });
});
