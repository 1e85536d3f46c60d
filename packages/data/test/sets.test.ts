import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  alignClasses,
  classWeights,
  concat,
  countByClass,
  imageBatches,
  kFolds,
  memoryImageSet,
  remapClasses,
  splitExamples,
  subset,
  type ImageSet,
  type MemoryImageSet,
} from '../src/index';

/** A set of so many examples of each class; paths are `label/number`. */
function setOf(counts: readonly number[]): ImageSet {
  return {
    classNames: counts.map((_, label) => `class${label}`),
    examples: counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, number) => ({ path: `${label}/${number}`, label })),
    ),
  };
}

const counts = fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 1, maxLength: 6 });
const fractions = fc.double({ min: 0.05, max: 0.95, noNaN: true });

describe('splitExamples', () => {
  it('puts each example on one side and the fraction of every class, rounded, on the other', () => {
    fc.assert(
      fc.property(counts, fractions, fc.nat(), (numbers, fraction, seed) => {
        const set = setOf(numbers);
        const { train, validation } = splitExamples(set, { fraction, seed });
        const paths = [...train.examples, ...validation.examples].map(({ path }) => path);
        expect(paths.sort()).toEqual(set.examples.map(({ path }) => path).sort());
        countByClass(validation).forEach((count, label) => {
          const total = numbers[label]!;
          const target = Math.min(total - 1, Math.max(1, fraction * total));
          expect(Math.abs(count - target)).toBeLessThanOrEqual(0.5 + 1e-9);
        });
      }),
    );
  });

  it('never lets one group stand on both sides and keeps near the fraction', () => {
    fc.assert(
      fc.property(
        counts,
        fractions,
        fc.nat(),
        fc.integer({ min: 2, max: 5 }),
        (numbers, fraction, seed, size) => {
          const set = setOf(numbers.map((count) => count + size));
          const by = ({ path }: { path: string }) =>
            path.replace(/\d+$/, (n) => `${Math.floor(Number(n) / size)}`);
          const { train, validation } = splitExamples(set, { fraction, seed, by });
          const held = new Set(validation.examples.map(by));
          expect(train.examples.filter((example) => held.has(by(example)))).toEqual([]);
          expect(Math.min(...countByClass(train), ...countByClass(validation))).toBeGreaterThan(0);
          countByClass(validation).forEach((count, label) => {
            expect(Math.abs(count - fraction * countByClass(set)[label]!)).toBeLessThanOrEqual(size);
          });
        },
      ),
    );
  });

  it('gives the same split for the same seed and another for another', () => {
    const set = setOf([50, 50]);
    const held = (seed: number) => splitExamples(set, { fraction: 0.3, seed }).validation.examples;
    expect(held(1)).toEqual(held(1));
    expect(held(1)).not.toEqual(held(2));
  });

  it('refuses a class that can not stand on both sides, by its name', () => {
    expect(() => splitExamples(setOf([9, 1]), { fraction: 0.5 })).toThrow(
      /at least two examples of the class 'class1' .* received 1\. Every class .*: add pictures\.$/,
    );
    expect(() => splitExamples(setOf([9, 9]), { fraction: 0.5, by: ({ label }) => label })).toThrow(
      /at least two groups of examples of the class 'class0' .* or group them more finely\.$/,
    );
  });

  it.each([0, 1, -0.1, NaN, '0.2'])('refuses the fraction %s', (fraction) => {
    expect(() => splitExamples(setOf([9]), { fraction: fraction as number })).toThrow(/`options.fraction`/);
  });
});

describe('subset', () => {
  it('keeps what meets the condition, in order', () => {
    const { examples } = subset(setOf([4, 4]), { where: ({ path }) => path.endsWith('2') });
    expect(examples.map(({ path }) => path)).toEqual(['0/2', '1/2']);
  });

  it('draws so many of each class with the seed', () => {
    const drawn = (seed: number) => subset(setOf([40, 3, 40]), { perClass: 5, seed });
    expect(countByClass(drawn(1))).toEqual([5, 3, 5]);
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it('keeps some classes and numbers them anew', () => {
    const set = subset(setOf([1, 2, 3]), { classNames: ['class2', 'class0'] });
    expect(set.classNames).toEqual(['class2', 'class0']);
    expect(set.examples.map(({ path, label }) => [path[0], label])).toEqual([
      ['0', 1],
      ['2', 0],
      ['2', 0],
      ['2', 0],
    ]);
  });

  it('refuses unknown and repeated classes and a choice that leaves nothing', () => {
    expect(() => subset(setOf([1]), { classNames: ['dog'] })).toThrow(/names out of class0/);
    expect(() => subset(setOf([1]), { classNames: ['class0', 'class0'] })).toThrow(/different names/);
    expect(() => subset(setOf([1]), { where: () => false })).toThrow(/leaves none/);
  });
});

describe('classWeights', () => {
  it('is 1 where classes are even and makes each class weigh the same in sum', () => {
    expect(classWeights(setOf([5, 5]))).toEqual([1, 1]);
    expect(classWeights(setOf([30, 10]))).toEqual([40 / 60, 2]);
  });

  it('refuses a class without examples', () => {
    expect(() => classWeights(setOf([5, 0]))).toThrow(/class 'class1'/);
  });
});

describe('what is given for a set', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'a promise',
      Promise.resolve({}),
      /Expected a set of pictures for `.+` but received a Promise\. Await it\./,
    ],
    ['a path', 'pictures', /Read the folder first: await readImageFolder\(path\)\./],
    [
      'nothing',
      undefined,
      /received undefined\. Give it what readImageFolder\(\) or memoryImageSet\(\) makes\./,
    ],
  ])('%s is refused by every call that takes one', async (_, given, message) => {
    const set = given as ImageSet;
    for (const call of [
      () => splitExamples(set, { fraction: 0.5 }),
      () => kFolds(set),
      () => subset(set, { perClass: 1 }),
      () => remapClasses(set, {}),
      () => classWeights(set),
      () => alignClasses(set, ['a']),
      () => concat([memoryImageSet(['a'], []), set]),
    ]) {
      expect(call).toThrow(message);
    }
    await expect(imageBatches(given as MemoryImageSet, { imageSize: 4 })).rejects.toThrow(message);
  });
});
