import { readFile } from 'node:fs/promises';

import { ZooError } from '@zoo/core';
import { readClassIndex } from '@zoo/data';

/**
 * Class names in label order from a class index file: `{"0": "chef", "1": "doctor"}` in any order, or what else
 * `readClassIndex` reads.
 *
 * @throws ZooError `invalid-file` if it can't be read or does not name every label from 0 on.
 */
export async function readClassIndexFile(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ZooError(
      'invalid-file',
      `Expected a class index at ${path} but it can't be read (${code ?? '?'}).`,
      {
        cause,
      },
    );
  });
  return readClassIndex(text);
}

/** `{"0": "chef", "1": "doctor"}`: a class index as {@link readClassIndexFile} and Python programs read it. */
export function classIndexJson(classNames: readonly string[]): string {
  return `${JSON.stringify(Object.fromEntries(classNames.entries()), undefined, 2)}\n`;
}
