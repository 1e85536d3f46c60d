import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { readClassIndexFile } from '../src/models/class-index';

const place = temporaryDirectory('suite');
describe('a class index file', () => {
  it('that is damaged is named', async () => {
    const path = place('index.json');
    await writeFile(path, '{"0": "chef", "2": "doctor"}');
    await expect(readClassIndexFile(path)).rejects.toThrow(`in ${path} but found`);
  });

  it('that is missing is named', async () => {
    await expect(readClassIndexFile(place('none.json'))).rejects.toThrow(
      /none\.json but it can't be read \(ENOENT\)/,
    );
  });

  it.skipIf(process.platform === 'win32').each(['pipe.json', '/dev/zero', '.'])(
    'that is a pipe, device or folder, %s, is refused at once',
    async (name) => {
      const path = name.startsWith('/') ? name : place(name);
      if (name === 'pipe.json') execFileSync('mkfifo', [path]);
      await expect(readClassIndexFile(path)).rejects.toThrow(/is a folder, pipe or device/);
    },
  );
});
