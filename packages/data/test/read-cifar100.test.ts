import { writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { readCifar100 } from '../src/node';

const place = temporaryDirectory();
const names = Array.from({ length: 100 }, (_, label) => `class ${label}`);

/** A record with a coarse label that differs from the fine one, and planes of 1, 2 and 3. */
const record = (fine: number): Uint8Array =>
  Uint8Array.from([19, fine, ...[1, 2, 3].flatMap((value) => new Array<number>(1024).fill(value))]);

async function write(train: Uint8Array, lines = names): Promise<string> {
  await writeFile(place('fine_label_names.txt'), `${lines.join('\n')}\n`);
  await writeFile(place('train.bin'), train);
  await writeFile(place('test.bin'), record(0));
  return place();
}

describe('readCifar100', () => {
  it('takes the fine label and interleaves the planes', async () => {
    const { train, test } = await readCifar100(await write(Buffer.concat([record(99), record(42)])));
    expect(train.examples.map(({ label }) => label)).toEqual([99, 42]);
    expect(train.classNames[42]).toBe('class 42');
    expect([...train.examples[1]!.image.pixels.subarray(0, 6)]).toEqual([1, 2, 3, 1, 2, 3]);
    expect(test.examples).toHaveLength(1);
  });

  it('refuses a cut file, a label beyond the classes and a list of other names', async () => {
    await expect(readCifar100(await write(record(1).subarray(1)))).rejects.toThrow(/records of 3074/);
    await expect(readCifar100(await write(record(100)))).rejects.toThrow(/label 100 at record 0/);
    await expect(readCifar100(await write(record(1), names.slice(1)))).rejects.toThrow(/99 in 99 lines/);
    await expect(readCifar100(place('absent'))).rejects.toThrow(/can't be read/);
  });
});
