import { mkdir, writeFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disposeBatch } from '@zoo/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  classWeights,
  concat,
  countByClass,
  isMultiLabel,
  kerasValidationSplit,
  kFolds,
  labelsOf,
  memoryImageSet,
  remapClasses,
  rgbImage,
  splitExamples,
  subset,
  type ImageSet,
} from '../src/index';
import {
  encodePng,
  formatInspection,
  imageBatches,
  inspect,
  inspectionPage,
  kerasImageBatches,
  readImageTable,
  type ReadImageTableOptions,
} from '../src/node';

const at = temporaryDirectory('suite');

beforeAll(async () => {
  await mkdir(at('pictures'));
  for (const [index, name] of ['1', '2', '3', '4'].entries()) {
    await writeFile(at(`pictures/${name}.png`), await encodePng(gray(60 * index)));
  }
});

function gray(value: number) {
  const image = rgbImage(4, 4);
  image.pixels.fill(value);
  return image;
}

async function table(name: string, content: string, options: ReadImageTableOptions = {}) {
  await writeFile(at(name), content);
  return readImageTable(at(name), options);
}

/** Pictures with these classes. */
function setOf(labels: readonly (readonly number[])[], classes = 3): ImageSet {
  return {
    classNames: Array.from({ length: classes }, (_, label) => `class${label}`),
    examples: labels.map((own, index) => ({
      path: `${index}`,
      label: own[0] ?? -1,
      labels: [...own].sort(),
    })),
  };
}

const LABELS = { 1: ['sea', 'beach'], 2: [], 3: ['sea'], 4: ['town'] } as const;

describe('readImageTable of several classes per picture', () => {
  const tables: [string, string, ReadImageTableOptions?][] = [
    [
      'cells.csv',
      'path,labels\npictures/1.png,sea|beach\npictures/2.png,\npictures/3.png,sea\npictures/4.png, town \n',
    ],
    [
      'spaces.tsv',
      'path\ttags\npictures/1.png\tsea beach\npictures/2.png\t\npictures/3.png\tsea\npictures/4.png\ttown\n',
      { label: 'tags', separator: ' ' },
    ],
    [
      'columns.csv',
      'path,beach,sea,town\npictures/1.png,1,1,0\npictures/2.png,0,0,0\npictures/3.png,0,1.0,0\npictures/4.png,false,False,TRUE\n',
    ],
    [
      'some-columns.csv',
      'path,note,beach,sea,town\npictures/1.png,a,1,1,0\npictures/2.png,b,0,0,0\npictures/3.png,,0,1,0\npictures/4.png,d,0,0,1\n',
      { labelColumns: ['beach', 'sea', 'town'] },
    ],
    [
      'lists.jsonl',
      Object.entries(LABELS)
        .map(([name, label]) => JSON.stringify({ path: `pictures/${name}.png`, label }))
        .join('\n'),
    ],
    [
      'flags.jsonl',
      Object.entries(LABELS)
        .map(([name, own]) => {
          const has = (each: string) => (own as readonly string[]).includes(each);
          return JSON.stringify({
            path: `pictures/${name}.png`,
            beach: has('beach'),
            sea: Number(has('sea')),
            town: has('town'),
          });
        })
        .join('\n'),
    ],
  ];

  it.each(tables)('reads %s to batches with a 1 for each class', async (name, content, options) => {
    const set = await table(name, content, options);
    expect(set.classNames).toEqual(['beach', 'sea', 'town']);
    expect(set.examples).toEqual([
      { path: at('pictures/1.png'), label: 0, labels: [0, 1] },
      { path: at('pictures/2.png'), label: -1, labels: [] },
      { path: at('pictures/3.png'), label: 1, labels: [1] },
      { path: at('pictures/4.png'), label: 2, labels: [2] },
    ]);
    const expected = [1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    const sources = [
      await imageBatches(set, { imageSize: 4, shuffle: false }),
      await kerasImageBatches(set, { targetSize: 4, shuffle: false }),
    ];
    for (const source of sources) {
      expect(source.isMultiLabel).toBe(true);
      expect(source.part!(0, 2).isMultiLabel).toBe(true);
      for await (const batch of source.batches({ epoch: 0 })) {
        expect(Array.from(await batch.labels.data())).toEqual(expected);
        disposeBatch(batch);
      }
    }
    expect(tf.memory().numTensors).toBe(0);
  });

  it('orders classes as it is told, and keeps a class of a column that no picture has', async () => {
    const named = await table('named.csv', 'path,labels\na.png,x\nb.png,y|z\n', {
      classNames: ['z', 'y', 'x'],
    });
    expect(named.examples.map(labelsOf)).toEqual([[2], [0, 1]]);
    const empty = await table('empty.csv', 'path,b,a\na.png,1,0\n');
    expect(empty.classNames).toEqual(['b', 'a']);
    expect(countByClass(empty)).toEqual([1, 0]);
  });

  it('takes a column called label as it stands, whatever signs it has', async () => {
    const set = await table('signs.csv', 'path,label\na.png,x|y\nb.png,z\n');
    expect([set.classNames, isMultiLabel(set)]).toEqual([['x|y', 'z'], false]);
  });

  it.each<[string, string, ReadImageTableOptions, RegExp]>([
    [
      'another value',
      'path,a,b\n1.png,1,0\n2.png,1,x\n',
      { labelColumns: ['a', 'b'] },
      /0 or 1 as 'b' .* "x" on line 3/,
    ],
    ['an absent column', 'path,a\n1.png,1\n', { labelColumns: ['a', 'b'] }, /a column 'b'/],
    ['two ways at once', 'path,a\n1.png,1\n', { labelColumns: ['a'], label: 'a' }, /no label or separator/],
    ['a class that is not listed', 'path,labels\n1.png,x|y\n', { classNames: ['x'] }, /found 'y'/],
    ['no class at all', 'path,labels\n1.png,\n', {}, /pictures with labels/],
  ])('refuses %s', async (_, content, options, message) => {
    await expect(table('refused.csv', content, options)).rejects.toThrow(message);
  });
});

const sets = fc
  .array(fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }), { minLength: 40, maxLength: 120 })
  .map((labels) =>
    setOf([...labels, ...[0, 1, 2, 3].flatMap((label) => Array.from({ length: 6 }, () => [label]))], 4),
  );

describe('sets of several classes per picture', () => {
  it('are split with the fraction of each class, and of pictures without one, nearly', () => {
    fc.assert(
      fc.property(sets, fc.nat(), (set, seed) => {
        const { train, validation } = splitExamples(set, { fraction: 0.25, seed });
        const paths = [...train.examples, ...validation.examples].map(({ path }) => path);
        expect(paths.sort()).toEqual(set.examples.map(({ path }) => path).sort());
        countByClass(validation).forEach((count, label) => {
          const target = countByClass(set)[label]! / 4;
          expect(Math.abs(count - target)).toBeLessThanOrEqual(2);
        });
        const none = (some: ImageSet) => some.examples.filter(({ labels }) => labels!.length === 0).length;
        expect(Math.abs(none(validation) - none(set) / 4)).toBeLessThanOrEqual(0.5);
      }),
      // How near greed comes depends on the set: these hundred.
      { seed: 13 },
    );
  });

  it('are split into folds, each picture in one of them and every class in all', () => {
    fc.assert(
      fc.property(sets, fc.nat(), (set, seed) => {
        const held = kFolds(set, { folds: 3, seed }).flatMap(({ validation }) => {
          expect(Math.min(...countByClass(validation))).toBeGreaterThan(0);
          return validation.examples.map(({ path }) => path);
        });
        expect(held.sort()).toEqual(set.examples.map(({ path }) => path).sort());
      }),
    );
  });

  it('are joined, merged, cut down and split as Keras does, with all labels', () => {
    const set = setOf([[0, 1], [1, 2], [], [2]]);
    const other: ImageSet = {
      classNames: ['class2', 'class1', 'class0'],
      examples: [{ path: 'x', label: 0, labels: [0, 2] }],
    };
    expect(concat([set, other]).examples.at(-1)).toEqual({ path: 'x', label: 0, labels: [0, 2] });
    const merged = remapClasses(set, { class0: 'low', class1: 'low', class2: null });
    expect(merged.classNames).toEqual(['low']);
    expect(merged.examples.map(labelsOf)).toEqual([[0], [0], [], []]);
    const some = subset(set, { classNames: ['class2', 'class0'] });
    expect(some.examples.map((example) => [example.path, labelsOf(example)])).toEqual([
      ['0', [1]],
      ['1', [0]],
      ['3', [0]],
    ]);
    expect(kerasValidationSplit(set, 0.25, { side: 'last' }).validation.examples.map(labelsOf)).toEqual([
      [2],
    ]);
    expect(
      subset(set, { where: ({ labels }) => labels!.length === 0 }).examples.map(({ path }) => path),
    ).toEqual(['2']);
  });

  it('are refused where an answer would make no sense', async () => {
    const set = setOf([[0, 1], [2]]);
    const single: ImageSet = { classNames: set.classNames, examples: [{ path: 'y', label: 0 }] };
    expect(() => classWeights(set)).toThrow(/one class per picture.*Give classWeights/);
    expect(() => subset(set, { perClass: 1 })).toThrow(/`options.perClass`/);
    expect(() => kerasValidationSplit(set, 0.5)).toThrow(/`options.side`/);
    expect(() => concat([set, single])).toThrow(/`sets\[1\]`/);
    const image = rgbImage(4, 4);
    expect(() => memoryImageSet(['a'], [{ path: 'z', label: 0, labels: [0, 1], image }])).toThrow(
      /labels from 0 to 0/,
    );
    const pictures = memoryImageSet(['a', 'b'], [{ path: 'z', label: 0, labels: [0, 1], image }]);
    await expect(imageBatches(pictures, { imageSize: 4, sampler: 'balanced' })).rejects.toThrow(
      /`options.sampler`/,
    );
  });

  it('have other batches settings where a label alone differs', async () => {
    const settingsOf = async (labels: readonly number[]) =>
      (
        await imageBatches(
          memoryImageSet(['a', 'b', 'c'], [{ path: 'z', label: 0, labels, image: rgbImage(4, 4) }]),
          {
            imageSize: 4,
          },
        )
      ).settings!['examples'];
    expect(await settingsOf([0, 1])).not.toBe(await settingsOf([0, 2]));
  });
});

it('inspects a set of several classes per picture: counts for each, equal files with other labels', async () => {
  await writeFile(at('pictures/5.png'), await encodePng(gray(60)));
  const set = await table(
    'inspected.csv',
    'path,labels\npictures/1.png,sea|beach\npictures/2.png,\npictures/5.png,sea\npictures/4.png,town|sea\n',
  );
  const inspection = await inspect(set);
  expect(inspection.classNames).toEqual(['beach', 'sea', 'town']);
  expect(inspection.splits[0]).toMatchObject({ pictures: 4, classCounts: [1, 3, 1], imbalance: 3 });
  expect(inspection.equal).toMatchObject([
    {
      hasSeveralLabels: true,
      pictures: [
        { className: 'no class', classNames: [] },
        { className: 'sea', classNames: ['sea'] },
      ],
    },
  ]);
  expect(new Set(inspection.samples.map(({ path }) => path)).size).toBe(inspection.samples.length);
  expect(formatInspection(inspection)).toContain('beach');
  const page = await inspectionPage(inspection);
  expect(page.match(/<h3>/g)).toHaveLength(3);
  expect(page).toContain('sea, town');
});
