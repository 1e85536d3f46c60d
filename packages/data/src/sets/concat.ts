import { ArgumentError } from '@zoo/core';

import { expectSet, type ImageExample, type ImageSet, type ReadableImageSet } from './image-set';
import { isMultiLabel, relabelled } from './labels';
import { relabelling } from './relabelling';

/**
 * Joins the examples of several sets, one set after the other, with the classes of the first.
 *
 * The others must have the same classes, in any order: `remapClasses` brings them to one list. Sets of files and sets that read their
 * examples themselves don't mix, nor do sets with one class per picture and with several.
 *
 * @example
 * const both = concat([await readImageFolder('idenprof/train'), await readImageTable('more.csv')]);
 *
 * @throws ArgumentError for no set, other classes, a mixture of files and pictures in memory or of one class and several, or two sets that
 *   read one path in different ways.
 */
export function concat<Example extends ImageExample>(
  sets: readonly ReadableImageSet<Example>[],
): ReadableImageSet<Example>;
/** The same for sets whose examples are read elsewhere, such as files. */
export function concat<Example extends ImageExample>(sets: readonly ImageSet<Example>[]): ImageSet<Example>;
export function concat<Example extends ImageExample>(
  sets: readonly (ImageSet<Example> | ReadableImageSet<Example>)[],
): ImageSet<Example> | ReadableImageSet<Example> {
  const first = sets[0];
  if (first === undefined) throw new ArgumentError('sets', 'at least one set', sets);
  sets.forEach((set, place) => expectSet(`sets[${place}]`, set));
  const { classNames } = first;
  const other = sets.findIndex((set) => isMultiLabel(set) !== isMultiLabel(first));
  if (other !== -1) {
    const [one, several] = ['one class per picture', 'several classes per picture'];
    const isSeveral = isMultiLabel(first);
    throw new ArgumentError(
      `sets[${other}]`,
      `${isSeveral ? several : one}, as the first,`,
      isSeveral ? one : several,
    );
  }
  const parts = sets.map((set, place) => alignLabels(set, classNames, `sets[${place}]`));
  const examples = parts.flat();
  const readers = sets.filter(isReadable);
  if (readers.length === 0) return { classNames, examples };
  if (readers.length < sets.length) {
    throw new ArgumentError(
      'sets',
      'either sets of files or sets that read their examples themselves',
      'both kinds',
      'Bring them to one kind first.',
    );
  }
  const readerOf = new Map<string, ReadableImageSet<Example>>();
  readers.forEach((reader, place) => {
    for (const { path } of parts[place]!) {
      const known = readerOf.get(path) ?? reader;
      if (known.readImage !== reader.readImage) {
        throw new ArgumentError(
          `sets[${place}]`,
          'paths that no other set has',
          path,
          'Give the examples of one of them other paths.',
        );
      }
      readerOf.set(path, known);
    }
  });
  const find = ({ path }: Example): ReadableImageSet<Example> => {
    const reader = readerOf.get(path);
    if (reader !== undefined) return reader;
    throw new ArgumentError('example', 'an example of the sets that were joined', path);
  };
  return {
    classNames,
    examples,
    readImage: (example, signal) => find(example).readImage(example, signal),
    ...(readers.some((reader) => 'checkImage' in reader) && {
      checkImage: async (example: Example) => find(example).checkImage?.(example),
    }),
  };
}

function isReadable<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
): set is ReadableImageSet<Example> {
  return 'readImage' in set;
}

/** The examples of `set` with labels for `classNames`. */
function alignLabels<Example extends ImageExample>(
  set: ImageSet<Example>,
  classNames: readonly string[],
  name: string,
): readonly Example[] {
  if (set.classNames.join('\n') === classNames.join('\n')) return set.examples;
  const differs = classNames.length !== set.classNames.length;
  if (differs || set.classNames.some((each) => !classNames.includes(each))) {
    throw new ArgumentError(
      `${name}.classNames`,
      `the classes of the first set, ${classNames.join(', ')}`,
      set.classNames,
      'Rename, merge or drop classes with remapClasses.',
    );
  }
  const relabel = relabelling(set.classNames, classNames);
  return set.examples.map((example) => relabelled(example, relabel)!);
}
