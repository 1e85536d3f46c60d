import { readFile } from 'node:fs/promises';

import { ZooError } from '@zoo/core';

/**
 * Class names in label order from a class index file: `{"0": "chef", "1": "doctor"}` in any order, ImageNet's
 * `{"0": ["n01440764", "tench"]}`, or a list of names.
 *
 * @throws ZooError `invalid-file` if it is none of these or a number is missing.
 */
export async function readClassIndex(path: string): Promise<string[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? 'it is not JSON' : `it can't be read (${codeOf(cause)})`;
    throw new ZooError('invalid-file', `Expected a class index in ${path} but ${reason}.`, { cause });
  }
  const names = namesOf(content);
  if (names !== undefined) return names;
  throw new ZooError(
    'invalid-file',
    `Expected ${path} to name every class by its number from 0, {"0": "chef", "1": "doctor"}, or to be a list of names.`,
  );
}

/** `{"0": "chef", "1": "doctor"}`: a class index as {@link readClassIndex} and the blog posts of the trade read it. */
export function classIndexJson(classNames: readonly string[]): string {
  return `${JSON.stringify(Object.fromEntries(classNames.entries()), undefined, 2)}\n`;
}

function namesOf(content: unknown): string[] | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  const count = Object.keys(content).length;
  const names = Array.from({ length: count }, (_, index) =>
    nameOf((content as Record<string, unknown>)[String(index)]),
  );
  return count > 0 && names.every((name) => name !== undefined) ? names : undefined;
}

/** A class's name; of ImageNet's pairs the second, since the first is a WordNet identifier. */
function nameOf(entry: unknown): string | undefined {
  const name: unknown = Array.isArray(entry) && entry.length === 2 ? entry[1] : entry;
  return typeof name === 'string' ? name : undefined;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
