import { extname } from 'node:path';

import { ZooError } from '@zoo/core';
import { IMAGENET_CLASS_INDEX } from '@zoo/core/imagenet';

import { readMatlabStructs } from './read-matlab-structs';
import { readRegularFile } from './read-regular-file';
import { readTextLines } from './read-text-lines';

/** WordNet's identifiers of ImageNet's 1,000 classes, in the order of published weights. */
export const imagenetIdentifiers = (): string[] =>
  IMAGENET_CLASS_INDEX.map((entry) => (typeof entry === 'string' ? entry : entry[0]));

/**
 * The labels that the development kit's numbers, ILSVRC2012_ID, stand for: its order is not that of published weights.
 *
 * @param path `meta.mat` of the kit, or a text file of lines `n02119789 1 kit_fox`, as `map_clsloc.txt` is one.
 * @throws ZooError `invalid-file` for another file, or one without a class.
 */
export async function readImagenetNumbers(path: string): Promise<ReadonlyMap<number, number>> {
  const pairs = extname(path).toLowerCase() === '.mat' ? await pairsOfKit(path) : await pairsOfLines(path);
  const identifiers = imagenetIdentifiers();
  // The kit also numbers the classes' parents in WordNet, from 1,001 on.
  const labels = new Map(
    pairs.flatMap(([identifier, number]) => {
      const label = identifiers.indexOf(identifier);
      return label === -1 ? [] : [[number, label] as const];
    }),
  );
  if (labels.size > 0) return labels;
  throw strangeMeta(path, "it has none of ImageNet's classes");
}

async function pairsOfKit(path: string): Promise<(readonly [identifier: string, number: number])[]> {
  const bytes = await readRegularFile(path, (_, problem, cause) => strangeMeta(path, problem, cause));
  try {
    return readMatlabStructs(bytes).flatMap(({ WNID, ILSVRC2012_ID }) =>
      typeof WNID === 'string' && typeof ILSVRC2012_ID === 'number' ? [[WNID, ILSVRC2012_ID] as const] : [],
    );
  } catch (error) {
    if (error instanceof RangeError) throw strangeMeta(path, error.message, error);
    throw error;
  }
}

async function pairsOfLines(path: string): Promise<(readonly [identifier: string, number: number])[]> {
  const lines = await readTextLines(path, 'lines such as n02119789 1 kit_fox');
  return lines.flatMap((line) => {
    const [, identifier, number] = /^(n\d{8})\s+(\d{1,4})\b/.exec(line) ?? [];
    return identifier === undefined ? [] : [[identifier, Number(number)] as const];
  });
}

function strangeMeta(path: string, problem: string, cause?: unknown): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected what the development kit's numbers mean in ${path} but ${problem}. Give its meta.mat as it was published.`,
    { cause },
  );
}
