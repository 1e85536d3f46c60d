import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { realData } from '../../../test-support/real-data';
import { areCasesAbsent, CASES_NOTE, writeCases } from '../../../test-support/shared-cases';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { readImageFile } from '../src/node';

type Answer = [height: number, width: number, hash: string] | null;

const SCRIPT = fileURLToPath(new URL('decode_pictures.py', import.meta.url));

describe.skipIf(isOracleAbsent)(`photographs beside Pillow${ORACLE_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  describe.each(['idenprof/test', 'cifar10'])('%s', (name) => {
    const real = realData(name);
    it.skipIf(real.isAbsent)(`is read to the same bytes, picture by picture${real.note}`, async () => {
      await expectPillowsPixels(await picturesIn(real.path));
    });
  });

  it.skipIf(areCasesAbsent)(
    `the pictures that users reported are read alike or refused alike${CASES_NOTE}`,
    async () => {
      await writeCases('pictures.py', place());
      const pictures = await picturesIn(place('out'));
      expect(pictures.length).toBeGreaterThan(200);
      await expectPillowsPixels(pictures);
    },
  );

  async function expectPillowsPixels(paths: readonly string[]): Promise<void> {
    const answers = await runOracle<Answer[]>(SCRIPT, { paths }, place('job.json'));
    expect(answers.length).toBeGreaterThan(0);
    for (const [index, path] of paths.entries()) {
      const read = readImageFile(path, { convention: 'pillow' });
      if (answers[index] === null) {
        await expect(read, path).rejects.toThrow(path);
        continue;
      }
      const { pixels, height, width } = await read;
      const hash = createHash('sha256').update(pixels).digest('hex');
      expect([path, height, width, hash]).toEqual([path, ...answers[index]!]);
    }
  }
});

async function picturesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files
    .filter((file) => /\.(jpe?g|png|webp|bmp|gif|tiff?)$/i.test(file))
    .map((file) => join(folder, file));
}
