import { ZooError } from '@zoo/core';
import { isMultiLabel, type ImageSet } from '@zoo/data';
import {
  isImageTable,
  readImagenetValidation,
  readImageTable,
  type ReadImagenetValidationOptions,
} from '@zoo/data/node';
import { IMAGENET_CLASS_INDEX } from '@zoo/resnet/imagenet';

/** Pictures with labels in the order of published weights. */
export type ValidationSet = ImageSet;

/**
 * ImageNet's validation pictures, or some of them.
 *
 * @param path A folder that `readImagenetValidation` reads, or a table (.csv, .tsv, .jsonl) of columns `path` and `label` with WordNet's
 *   identifiers.
 * @throws ZooError `invalid-file` for a class that is none of the 1,000.
 */
export async function readValidationSet(
  path: string,
  options: ReadImagenetValidationOptions = {},
): Promise<ValidationSet> {
  if (!isImageTable(path)) return readImagenetValidation(path, options);
  const set = await readImageTable(path);
  const identifiers = IMAGENET_CLASS_INDEX.map((entry) => (typeof entry === 'string' ? entry : entry[0]));
  if (isMultiLabel(set)) {
    throw new ZooError('invalid-file', `Expected one label a picture in ${path} but found several.`);
  }
  const labels = set.classNames.map((name) => identifiers.indexOf(name));
  const unknown = set.classNames.find((_, index) => labels[index] === -1);
  if (unknown !== undefined) {
    throw new ZooError(
      'invalid-file',
      `Expected the labels in ${path} to be WordNet's identifiers, as n01440764, but found '${unknown}'. Rename them.`,
    );
  }
  return {
    classNames: identifiers,
    examples: set.examples.map((example) => ({ ...example, label: labels[example.label]! })),
  };
}
