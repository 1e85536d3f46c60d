import { ArgumentError } from '@zoo/core';

import { expectSet, type ImageExample, type ImageSet } from './image-set';
import { relabelled } from './labels';

/**
 * Renames, merges or drops classes of a set.
 *
 * Classes that get one name become one; a class that gets `null` is left out with its examples, or, where pictures may have several, with
 * its labels alone; a class that is not named stays as it is. The new classes stand in the order of the first old class of each:
 * `subset(set, { classNames })` gives another.
 *
 * @example
 * const three = remapClasses(folder, { puppy: 'dog', hound: 'dog', unknown: null });
 *
 * @param names The new name of each old one, or null.
 * @throws ArgumentError for a class that the set doesn't have, an empty name, or if no class is left.
 */
export function remapClasses<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  names: Readonly<Record<string, string | null>>,
): Whole {
  expectSet('set', set);
  for (const [old, name] of Object.entries(names)) {
    if (!set.classNames.includes(old)) {
      throw new ArgumentError('names', `classes out of ${set.classNames.join(', ')}`, old);
    }
    if (name !== null && (typeof name !== 'string' || name === '')) {
      throw new ArgumentError(`names.${old}`, 'the new name of the class, or null to leave it out', name);
    }
  }
  const renamed = set.classNames.map((old) => (Object.hasOwn(names, old) ? names[old] : old));
  const classNames = [...new Set(renamed.filter((name) => typeof name === 'string'))];
  if (classNames.length === 0) throw new ArgumentError('names', 'names that leave a class', names);
  const labels = renamed.map((name) => (typeof name === 'string' ? classNames.indexOf(name) : undefined));
  const examples = set.examples
    .map((example) => relabelled(example, labels))
    .filter((example) => example !== undefined);
  return { ...set, classNames, examples };
}
