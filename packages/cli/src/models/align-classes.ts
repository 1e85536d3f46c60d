import { ZooError } from '@zoo/core';
import { relabelled } from '@zoo/data';
import type { ImageFolder } from '@zoo/data/node';

/**
 * `folder` with its labels counted in `classNames`' order; it may lack some of the classes.
 *
 * @throws ZooError `invalid-file` if it has a class that is not among them.
 */
export function alignClasses(folder: ImageFolder, classNames: readonly string[]): ImageFolder {
  const labels = folder.classNames.map((name) => classNames.indexOf(name));
  const unknown = folder.classNames.filter((_, index) => labels[index] === -1);
  if (unknown.length > 0) {
    throw new ZooError(
      'invalid-file',
      `Expected the classes of ${folder.directory} to be among ${inWords(classNames)} but it also has ${inWords(unknown)}. ` +
        'Name its folders as the classes are called.',
    );
  }
  return {
    ...folder,
    classNames,
    examples: folder.examples.map((example) => relabelled(example, labels)!),
  };
}

function inWords(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `'${name}'`);
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}
