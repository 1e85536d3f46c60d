import { realpath } from 'node:fs/promises';

import { ArgumentError, ZooError } from '@zoo/core/options';

/**
 * Throws unless `directory` is the path of something that is there.
 *
 * @throws ArgumentError for no text; ZooError `invalid-file` if there is no such folder.
 */
export async function expectFolder(directory: unknown): Promise<void> {
  if (typeof directory !== 'string' || directory === '') {
    throw new ArgumentError('directory', 'the path of a folder', directory);
  }
  await realpath(directory).catch((cause: unknown) => {
    throw new ZooError(
      'invalid-file',
      `Expected ${directory} to be a folder of pictures but there is no such folder. Check the path.`,
      { cause },
    );
  });
}
