import { isZooError, ZooError } from '@zoo/core';

import { messageOf } from '../image/decode-options';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

import { createLimiter } from './limiter';

/** A picture that can't be read. */
export interface CorruptImage {
  readonly path: string;
  /** The error's words. */
  readonly problem: string;
}

/** Pictures that are looked at before the first batch, at most: of a larger set one of every so many. */
export const CHECK_LIMIT = 50_000;

/** Files that are looked at at a time. */
const CONCURRENCY = 16;
const NAMES_IN_MESSAGE = 5;

/**
 * The pictures of `set` whose files are not what they should be, found without decoding any: a bad file costs no epoch.
 *
 * Sets that can't tell without decoding give none.
 */
export async function findCorruptImages<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
): Promise<ReadonlyMap<Example, CorruptImage>> {
  const corrupt = new Map<Example, CorruptImage>();
  if (set.checkImage === undefined) return corrupt;
  const step = Math.ceil(set.examples.length / CHECK_LIMIT);
  const limit = createLimiter(CONCURRENCY);
  const check = async (example: Example): Promise<void> => {
    try {
      await set.checkImage?.(example);
    } catch (error) {
      if (!isZooError(error, 'invalid-file')) throw error;
      corrupt.set(example, { path: example.path, problem: messageOf(error) });
    }
  };
  const looked = set.examples.filter((_, index) => index % step === 0);
  await Promise.all(looked.map((example) => limit(() => check(example))));
  // In the set's order, not in the order of the answers.
  return new Map(
    looked.flatMap((example) => (corrupt.has(example) ? [[example, corrupt.get(example)!]] : [])),
  );
}

/** The error for {@link findCorruptImages}: the one picture's own, or a count and the first names. */
export function corruptError(corrupt: readonly CorruptImage[], total: number): ZooError {
  const first = corrupt[0]!;
  if (corrupt.length === 1) return new ZooError('invalid-file', first.problem);
  const shown = corrupt.slice(0, NAMES_IN_MESSAGE).map(({ path }) => path);
  const more = corrupt.length > shown.length ? ` and ${corrupt.length - shown.length} more` : '';
  return new ZooError(
    'invalid-file',
    `Expected whole pictures but ${corrupt.length} of ${total} are not: ${shown.join(', ')}${more}. The first: ${first.problem}`,
  );
}
