import { basename } from 'node:path';

import {
  ArgumentError,
  expectFunction,
  NAMES,
  readOptions,
  type OptionsOf,
  type OptionTable,
  type RequiredAnyRow,
} from '@zoo/core/options';

import { labelledSet, type NamedExample } from '../sets/labelled-set';

import { expectFolder } from './expect-folder';
import { filesBelow, type IgnoredFile, type ImageFolder } from './read-image-folder';

/** How a file's name gives its label: a regular expression's group `label`, or its first group; or a function. */
export type LabelOfName = RegExp | ((name: string) => string | undefined);

const READ_FLAT_FOLDER_OPTIONS = {
  /** The label in a file's name (without its folders); a file that gives none is ignored. */
  label: {
    type: 'any',
    expected: 'a regular expression with a group, or a function of a name that gives its label',
    check: expectLabelOfName,
    isRequired: true,
  } as RequiredAnyRow<LabelOfName, (name: string) => string | undefined>,
  /** The classes in label order. Default those that are found, sorted: by value if all are whole numbers, else by code points. */
  classNames: NAMES,
} as const satisfies OptionTable;

/** Options of {@link readFlatFolder}. */
export interface ReadFlatFolderOptions extends OptionsOf<typeof READ_FLAT_FOLDER_OPTIONS> {}

/**
 * Lists the examples of a folder whose file names contain the labels, at any depth. Nothing is decoded.
 *
 * @example
 * const pets = await readFlatFolder('images', { label: /^(.+)_\d+\.jpg$/ }); // Abyssinian_12.jpg -> Abyssinian
 *
 * @throws ArgumentError for an expression without a group; ZooError `invalid-file` if there is no such folder, no picture with a
 *   label, or a label that `classNames` doesn't have.
 */
export async function readFlatFolder(
  directory: string,
  options: ReadFlatFolderOptions,
): Promise<ImageFolder> {
  const { label: labelOf, classNames } = readOptions(READ_FLAT_FOLDER_OPTIONS, options);
  await expectFolder(directory);
  const named: NamedExample[] = [];
  const ignored: IgnoredFile[] = [];
  for await (const { path, reason } of filesBelow(directory, [])) {
    const name = reason === undefined ? labelOf(basename(path)) : undefined;
    if (reason !== undefined) ignored.push({ path, reason });
    else if (name === undefined || name === '') ignored.push({ path, reason: 'no label in its name' });
    else named.push({ path, name });
  }
  return { directory, ...labelledSet(named, classNames, directory), ignored };
}

function expectLabelOfName(argument: string, value: unknown): (name: string) => string | undefined {
  if (!(value instanceof RegExp)) {
    return expectFunction(argument, value) as (name: string) => string | undefined;
  }
  // g and y would make the answer depend on the name before.
  const plain = new RegExp(value.source, value.flags.replace(/[gy]/g, ''));
  // With an empty alternative it matches anything, which tells how many groups it has.
  if (new RegExp(`${plain.source}|`, plain.flags).exec('')!.length === 1) {
    throw new ArgumentError(argument, 'an expression with a group, such as /^(.+)_\\d+/', value);
  }
  return (name) => {
    const match = plain.exec(name);
    return match?.groups?.label ?? match?.[1];
  };
}
