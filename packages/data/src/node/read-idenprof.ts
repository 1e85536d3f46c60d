import { join } from 'node:path';

import { parseClassIndex, ZooError } from '@zoo/core';

import { readImageFolder, type ImageFolder } from './read-image-folder';
import { readRegularFile } from './read-regular-file';

/** IdenProf: pictures of people in ten professions. */
export interface IdenProf {
  readonly train: ImageFolder;
  readonly test: ImageFolder;
}

/**
 * IdenProf as idenprof-jpg.zip unpacks it: `train` and `test` with a folder for each of ten professions (MIT, Olafenwa Moses).
 *
 * Where idenprof_model_class.json lies beside them, its names must be the folders'.
 *
 * @example
 * const { train, test } = await readIdenProf('idenprof');
 *
 * @throws ZooError `invalid-file` if a folder is absent or the two sides or the class index differ in their classes.
 */
export async function readIdenProf(directory: string): Promise<IdenProf> {
  const train = await readImageFolder(join(directory, 'train'));
  const test = await readImageFolder(join(directory, 'test'));
  expectSameClasses(directory, train.classNames, test.classNames, 'test');
  const indexFile = join(directory, 'idenprof_model_class.json');
  const index = await readRegularFile(indexFile).catch(() => undefined);
  if (index !== undefined) {
    const classNames = parseClassIndex(new TextDecoder().decode(index), indexFile);
    expectSameClasses(directory, train.classNames, classNames, 'idenprof_model_class.json');
  }
  return { train, test };
}

function expectSameClasses(
  directory: string,
  train: readonly string[],
  other: readonly string[],
  name: string,
): void {
  if (train.join('\n') === other.join('\n')) return;
  throw new ZooError(
    'invalid-file',
    `Expected the same classes in train and ${name} of ${directory} but found ${train.join(', ')} and ${other.join(', ')}. Unpack idenprof-jpg.zip again.`,
  );
}
