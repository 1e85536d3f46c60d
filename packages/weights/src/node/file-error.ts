import { isZooError, ZooError } from '@zoo/core';

/** What the system's codes mean, as the words after "because". */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is missing',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file of that name is in the way',
  EFBIG: 'it would be larger than files may be here',
  EISDIR: 'it is a folder',
  EMFILE: 'this process has too many files open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'it does not exist',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
  EPERM: 'permission is missing',
  EROFS: 'the file system is read-only',
};

/**
 * Runs `action` on `path` and turns an error of the file system into a sentence.
 *
 * @param what The verb after "Could not", for example `write`.
 * @throws ZooError `invalid-file` with the path and the reason; the zoo's own errors pass.
 */
export async function namingPath<Result>(
  what: string,
  path: string,
  action: () => Promise<Result>,
): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    if (isZooError(cause)) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new ZooError('invalid-file', `Could not ${what} ${path} because ${REASONS[code] ?? message}.`, {
      cause,
    });
  }
}
