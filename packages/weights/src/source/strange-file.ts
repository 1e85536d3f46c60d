import type { ZooError } from '@zoo/core';

import { invalidFile } from './byte-source';

/** The error for a file that is something else, with what it seems to be. */
export function strangeFile(name: string, start: Uint8Array): ZooError {
  const text = new TextDecoder('latin1').decode(start).trimStart().toLowerCase();
  if (start.length === 0) return invalidFile(name, 'is empty', 'Download or save it again.');
  if (text.startsWith('version https://git-lfs')) {
    return invalidFile(name, 'is a Git LFS pointer, not the file itself', 'Run `git lfs pull` to fetch it.');
  }
  if (text.startsWith('<')) {
    return invalidFile(name, 'is a web page', 'The download ended on a page: fetch the file itself.');
  }
  return invalidFile(name, 'is no weight file that can be recognised by its content');
}
