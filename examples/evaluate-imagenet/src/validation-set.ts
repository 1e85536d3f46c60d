import { ZooError } from '@zoo/core';
import type { ImageSet } from '@zoo/data';
import { isImageTable, readImageFolder, readImageTable } from '@zoo/data/node';
import { IMAGENET_CLASS_INDEX } from '@zoo/resnet/imagenet';

/** Pictures with labels in the order of published weights. */
export type ValidationSet = ImageSet;

/** WordNet's identifiers of the 1,000 classes, in the order of published weights. */
const IDENTIFIERS: readonly string[] = IMAGENET_CLASS_INDEX.map((entry) =>
  typeof entry === 'string' ? entry : entry[0],
);

/**
 * ImageNet's validation pictures, or some of them.
 *
 * @param path A folder with one folder a class, called by WordNet's identifier (`n01440764`), or a table (.csv, .tsv, .jsonl) of columns
 *   `path` and `label` with these identifiers.
 * @throws ZooError `invalid-file` for a class that is none of the 1,000.
 */
export async function readValidationSet(path: string): Promise<ValidationSet> {
  const set = isImageTable(path) ? await readImageTable(path) : await readImageFolder(path);
  const labels = set.classNames.map((name) => IDENTIFIERS.indexOf(name));
  const unknown = set.classNames.find((_, index) => labels[index] === -1);
  if (unknown !== undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected the classes of ${path} to be called by WordNet's identifiers, as n01440764, but found '${unknown}'. Rename its folders, or its labels.`,
    );
  }
  return {
    classNames: IDENTIFIERS,
    examples: set.examples.map((example) => ({ ...example, label: labels[example.label]! })),
  };
}
