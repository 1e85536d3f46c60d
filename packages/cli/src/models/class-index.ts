import { readFile } from 'node:fs/promises';

import { parseClassIndex, ZooError } from '@zoo/core';

/**
 * Class names in label order from a file that `parseClassIndex` reads.
 *
 * @throws ZooError `invalid-file` if it can't be read or does not name every label from 0 on.
 */
export async function readClassIndexFile(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ZooError(
      'invalid-file',
      `Expected a class index at ${path} but it can't be read (${code ?? '?'}).`,
      { cause },
    );
  });
  return parseClassIndex(text, path);
}
