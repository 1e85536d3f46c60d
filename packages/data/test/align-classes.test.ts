import { IMAGENET_CLASS_INDEX } from '@zoo/core/imagenet';
import { describe, expect, it } from 'vitest';

import { alignClasses, memoryImageSet, rgbImage } from '../src/index';

/** A set with one picture a class; the picture's path is the class's name. */
const setOf = (...names: readonly string[]) =>
  memoryImageSet(
    names,
    names.map((path, label) => ({ path, label, image: rgbImage(1, 1) })),
  );

/** Where each class of such a set is among `classNames`. */
const placesOf = (names: readonly string[], classNames: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    alignClasses(setOf(...names), classNames).examples.map(({ path, label }) => [path, label]),
  );

const WORDS = IMAGENET_CLASS_INDEX.map((entry) => entry[1]);
const [BIRD, MACHINE, MAILLOT, TANK_SUIT] = ['n02012849', 'n03126707', 'n03710637', 'n03710721'] as const;

describe('alignClasses', () => {
  it('counts labels in the order of the model, whose classes may be more', () => {
    const aligned = alignClasses(setOf('red', 'blue'), ['blue', 'green', 'red']);
    expect(aligned.classNames).toEqual(['blue', 'green', 'red']);
    expect(aligned.examples.map(({ path, label }) => [path, label])).toEqual([
      ['red', 2],
      ['blue', 0],
    ]);
    expect(typeof aligned.readImage).toBe('function');
  });

  it("finds ImageNet's classes by WordNet's identifiers, also of words that two of them have", () => {
    const places = placesOf(['n15075141', 'n01440764', BIRD, MACHINE, MAILLOT, TANK_SUIT], WORDS);
    expect(places).toEqual({
      n15075141: 999,
      n01440764: 0,
      [BIRD]: 134,
      [MACHINE]: 517,
      [MAILLOT]: 638,
      [TANK_SUIT]: 639,
    });
  });

  it("finds them in transformers' lists of synonyms and in torchvision's words", () => {
    const synonyms = WORDS.map((word) => `${word.replaceAll('_', ' ')}, and another word`);
    expect(placesOf(['n01440764', MACHINE, 'goldfish'], synonyms)).toEqual({
      n01440764: 0,
      [MACHINE]: 517,
      goldfish: 1,
    });
    const torchvision = WORDS.map((word) => word.replaceAll('_', ' '));
    torchvision[134] = 'crane bird';
    expect(placesOf(['n01484850', BIRD], torchvision)).toEqual({ n01484850: 2, [BIRD]: 134 });
  });

  it('refuses a word that two of the classes have, and says by which identifiers they are told apart', () => {
    expect(() => alignClasses(setOf('tench', 'crane'), WORDS)).toThrow(
      "'crane' is the name of 2, number 134 and 517. Name the folder by WordNet's identifier, n02012849 or n03126707.",
    );
    expect(() => alignClasses(setOf('maillot'), WORDS)).toThrow(/n03710637 or n03710721/);
    expect(() => alignClasses(setOf('a'), ['a', 'b', 'a'])).toThrow(/'a' is the name of 2, number 0 and 2/);
  });

  it('keeps apart what differs in case: the dog and the jacket', () => {
    expect(placesOf(['Cardigan', 'cardigan'], WORDS)).toEqual({ Cardigan: 264, cardigan: 474 });
  });

  it('finds identifiers in a model of a few of the classes, and words in one that names them by identifiers', () => {
    const few = ['English_springer', 'tench', 'my dog'];
    expect(placesOf(['n01440764', 'n02102040'], few)).toEqual({ n01440764: 1, n02102040: 0 });
    expect(placesOf(['tench', 'English springer'], ['n02102040', 'n01440764'])).toEqual({
      tench: 1,
      'English springer': 0,
    });
  });

  it('takes no identifier for a word of which it is one of two meanings', () => {
    expect(() => alignClasses(setOf(BIRD), ['crane', 'tench'])).toThrow(
      "among 'crane', 'tench' but it also has 'n02012849'",
    );
    expect(() => alignClasses(setOf('crane'), [BIRD, 'n01440764'])).toThrow(/it also has 'crane'/);
  });

  it('finds names with accents in both forms of Unicode, and underscores for spaces', () => {
    expect(placesOf(['Köche'.normalize('NFD'), 'great white_shark'], ['great_white shark', 'Köche'])).toEqual(
      { ['Köche'.normalize('NFD')]: 1, 'great white_shark': 0 },
    );
  });

  it('takes a name as it is before it takes one that differs in such things', () => {
    expect(placesOf(['a_b', 'a b'], ['a b', 'a_b'])).toEqual({ a_b: 1, 'a b': 0 });
  });

  it('names the classes that the model does not have', () => {
    expect(() => alignClasses(setOf('red', 'violet', 'n99999999'), ['blue', 'red'])).toThrow(
      "Expected the classes of the set to be among 'blue', 'red' but it also has 'violet', 'n99999999'. Name its folders as the classes are called.",
    );
  });
});
