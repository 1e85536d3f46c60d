import { ZooError } from '@zoo/core';
import { IMAGENET_CLASS_INDEX } from '@zoo/core/imagenet';

import { expectSet, type ImageExample, type ImageSet } from './image-set';
import { relabelled } from './labels';

/**
 * Counts the labels of a set in the order of a model's classes, of which the set may lack some.
 *
 * A class is found by its name. Underscores count as spaces, and letters with accents are the same in each of Unicode's forms (macOS
 * writes folders' names in another than most). ImageNet's classes are also found by WordNet's identifiers: the folder `n01440764` holds
 * the pictures of `tench`, and of the two classes that are called `crane` the one that the identifier says.
 *
 * @example
 * const folder = alignClasses(await readImageFolder('imagenette2-160/val'), modelMetadata(model)!.classNames!);
 *
 * @param set A set that names its classes in words or by identifiers.
 * @param classNames The names of the model's classes, in the order of its outputs.
 * @throws ZooError `invalid-file` for a class that the model does not have, and for a name that several of its classes have.
 */
export function alignClasses<Example extends ImageExample, Whole extends ImageSet<Example>>(
  set: Whole & ImageSet<Example>,
  classNames: readonly string[],
): Whole {
  expectSet('set', set);
  const find = classFinder(classNames);
  const places = set.classNames.map(find);
  expectKnown(set, classNames, places);
  expectOneMeaning(set, classNames, places);
  const labels = places.map(([place]) => place);
  return { ...set, classNames, examples: set.examples.map((example) => relabelled(example, labels)!) };
}

/** A function from a name to the places in `classNames` that it may mean. */
function classFinder(classNames: readonly string[]): (name: string) => number[] {
  const imagenet = imagenetMeanings();
  const isImagenet = areImagenet(classNames);
  const byName = placesBy(classNames, (name) => name);
  const byPlainName = placesBy(classNames, plain);
  // The places of a class of ImageNet that is the only one with its word.
  const byMeaning = placesBy(classNames, (name) => {
    const meanings = imagenet(name);
    return meanings.length === 1 ? meanings[0] : undefined;
  });
  return (name) => {
    const named = byName.get(name) ?? byPlainName.get(plain(name));
    if (named !== undefined) return named;
    const meanings = imagenet(name);
    if (isImagenet) return meanings;
    return meanings.length === 1 ? (byMeaning.get(meanings[0]!) ?? []) : [];
  };
}

/** The name as it is compared: `Köche` is written in two ways, and `great_white_shark` in words. */
const plain = (name: string): string => name.normalize('NFC').replaceAll('_', ' ').trim();

function placesBy<Key>(
  classNames: readonly string[],
  keyOf: (name: string) => Key | undefined,
): Map<Key, number[]> {
  const places = new Map<Key, number[]>();
  classNames.forEach((name, place) => {
    const key = keyOf(name);
    if (key !== undefined) places.set(key, [...(places.get(key) ?? []), place]);
  });
  return places;
}

/** A function from an identifier or a word to the labels that it has in ImageNet. */
function imagenetMeanings(): (name: string) => number[] {
  const pairs = IMAGENET_CLASS_INDEX.map(([identifier, word]) => [identifier!, plain(word!)] as const);
  const labels = placesBy(
    pairs.map(([identifier]) => identifier),
    (name) => name,
  );
  const words = placesBy(
    pairs.map(([, word]) => word),
    (name) => name,
  );
  return (name) => labels.get(name) ?? words.get(plain(name)) ?? [];
}

/** Names that other publishers word differently. */
const SHARE_OF_SAME_NAMES = 0.9;

/** Whether the classes are ImageNet's 1,000 in the order of published weights; `tench, Tinca tinca` counts as `tench`. */
function areImagenet(classNames: readonly string[]): boolean {
  if (classNames.length !== IMAGENET_CLASS_INDEX.length) return false;
  const first = (name: string): string => plain(name.split(',')[0]!).toLowerCase();
  const same = classNames.filter((name, label) => {
    const [identifier, word] = IMAGENET_CLASS_INDEX[label]!;
    return [identifier, word].some((known) => first(known!) === first(name));
  });
  return same.length >= SHARE_OF_SAME_NAMES * classNames.length;
}

function expectKnown(
  set: ImageSet,
  classNames: readonly string[],
  places: readonly (readonly number[])[],
): void {
  const unknown = set.classNames.filter((_, index) => places[index]!.length === 0);
  if (unknown.length === 0) return;
  throw new ZooError(
    'invalid-file',
    `Expected the classes of ${placeOf(set)} to be among ${inWords(classNames)} but it also has ${inWords(unknown)}. ` +
      'Name its folders as the classes are called.',
  );
}

function expectOneMeaning(
  set: ImageSet,
  classNames: readonly string[],
  places: readonly (readonly number[])[],
): void {
  const index = places.findIndex(({ length }) => length > 1);
  if (index === -1) return;
  const meant = places[index]!;
  const identifiers = areImagenet(classNames)
    ? ` Name the folder by WordNet's identifier, ${meant.map((label) => IMAGENET_CLASS_INDEX[label]![0]).join(' or ')}.`
    : ' Give the classes of the model names of their own.';
  throw new ZooError(
    'invalid-file',
    `Expected classes of ${placeOf(set)} that mean one class of the model each but '${set.classNames[index]!}' is the name of ${meant.length}, ` +
      `number ${meant.join(' and ')}.${identifiers}`,
  );
}

const placeOf = (set: ImageSet & { directory?: string }): string => set.directory ?? 'the set';

function inWords(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `'${name}'`);
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}
