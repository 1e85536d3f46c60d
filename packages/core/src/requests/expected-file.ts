import { ZooError } from '../errors';

import type { DownloadOptions } from './download-options';

/** A file's hash, or its beginning; `git-sha1` is what Git calls a file by. */
export interface FileHash {
  readonly algorithm: 'md5' | 'sha256' | 'git-sha1';
  readonly digest: string;
}

/** What a file may have beyond the size that is known of it: its hash decides, the size only keeps a flood away. */
const SLACK_BYTES = 2 ** 20;
const UNKNOWN_LIMIT_BYTES = 2 ** 30;

/** The largest number of bytes that is read of a published file. */
export function publishedFileLimit(
  sizeBytes: number | undefined,
  { requests }: Pick<DownloadOptions, 'requests'>,
): number {
  const expected = sizeBytes === undefined ? UNKNOWN_LIMIT_BYTES : sizeBytes + SLACK_BYTES;
  return requests?.maximumBytes ?? expected;
}

/** The error of a file that is not what was published. */
export function wrongContent(url: string, { algorithm, digest }: FileHash, advice: string): ZooError {
  return new ZooError(
    'download',
    `${url} served a file whose ${algorithm} is not ${digest}; it was not kept. ${advice}`,
  );
}
