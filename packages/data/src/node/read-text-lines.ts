import { ZooError } from '@zoo/core';

import { readRegularFile } from './read-regular-file';

/**
 * The lines of a text file without those that are empty.
 *
 * @param content What it holds, for errors: `labels of pictures`.
 * @throws ZooError `invalid-file` for a file that can't be read, is no UTF-8 or empty.
 */
export async function readTextLines(path: string, content: string): Promise<string[]> {
  const refuse = (problem: string, cause?: unknown): ZooError => {
    const message = `Expected ${content} in ${path} but ${problem}. Check the path.`;
    return new ZooError('invalid-file', message, { cause });
  };
  const bytes = await readRegularFile(path, (_, problem, cause) => refuse(problem, cause));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse('it is no text in UTF-8', cause);
  }
  const lines = text.split(/\r\n|\n/).flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  if (lines.length === 0) throw refuse('it is empty');
  return lines;
}
