import { isZooError, parseClassIndex, ZooError } from '@zoo/core';

import { readTextFile } from '../read-text-file';

/**
 * Class names in label order from a file that `parseClassIndex` reads.
 *
 * @throws ZooError `invalid-file` if it can't be read or does not name every label from 0 on.
 */
export async function readClassIndexFile(path: string): Promise<string[]> {
  const text = await readTextFile(path).catch((cause: unknown) => {
    if (isZooError(cause)) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new ZooError(
      'invalid-file',
      `Expected a class index at ${path} but it can't be read (${code ?? '?'}). Check the path.`,
      { cause },
    );
  });
  return parseClassIndex(text, path);
}
