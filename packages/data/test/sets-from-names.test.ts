import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disposeBatch } from '@zoo/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  concat,
  countByClass,
  imageBatches,
  kFolds,
  memoryImageSet,
  remapClasses,
  rgbImage,
  type ImageSet,
} from '../src/index';
import {
  encodePng,
  imageBatches as fileBatches,
  isImageTable,
  readFlatFolder,
  readImageTable,
} from '../src/node';
import { parseCsv } from '../src/sets/parse-csv';

const at = temporaryDirectory('suite');

beforeAll(async () => {
  await mkdir(at('pictures'));
  const png = await encodePng(rgbImage(4, 4));
  for (const name of ['cat_1.png', 'cat_2.png', 'dog_1.png', 'notes.png']) {
    await writeFile(at(`pictures/${name}`), png);
  }
});

async function table(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}

function setOf(counts: readonly number[]): ImageSet {
  return {
    classNames: counts.map((_, label) => `class${label}`),
    examples: counts.flatMap((count, label) =>
      Array.from({ length: count }, (_, number) => ({ path: `${label}/${number}`, label })),
    ),
  };
}

describe('parseCsv', () => {
  it('gives back the fields of any table that was quoted as RFC 4180 has it', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    const rows = fc.array(fc.tuple(fc.constant('x'), field, field));
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), (table, end, isClosed) => {
        const quoted = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','));
        const text = quoted.join(end) + (isClosed && table.length > 0 ? end : '');
        const { records, problem } = parseCsv(text, ',');
        expect(problem).toBeUndefined();
        expect(records.map(({ fields }) => fields)).toEqual(table);
      }),
    );
  });

  it('counts lines through quoted line breaks and passes over a byte order mark and empty lines', () => {
    const { records } = parseCsv('\ufeffa,b\r\n\r\n"1\n2",3\n4,\n', ',');
    expect(records).toEqual([
      { fields: ['a', 'b'], line: 1 },
      { fields: ['1\n2', '3'], line: 3 },
      { fields: ['4', ''], line: 5 },
    ]);
  });

  it.each([
    ['a\n"b', /line 2 that is never closed/],
    ['a\n"b"c', /after a closing quote on line 2/],
    ['a\nb"c"', /within a field on line 2/],
  ])('names what is wrong in %j', (text, problem) => {
    expect(parseCsv(text, ',').problem).toMatch(problem);
  });
});

describe('readImageTable', () => {
  it('reads a CSV file to batches, with paths relative to it', async () => {
    const path = await table(
      'set.csv',
      'path,label,note\npictures/dog_1.png,dog,\npictures/cat_1.png,cat,"a, b"\n',
    );
    const set = await readImageTable(path);
    expect(set.classNames).toEqual(['cat', 'dog']);
    expect(set.examples).toEqual([
      { path: at('pictures/dog_1.png'), label: 1 },
      { path: at('pictures/cat_1.png'), label: 0 },
    ]);
    const batches = await fileBatches(set, { imageSize: 4, batchSize: 2, shuffle: false });
    for await (const batch of batches.batches({ epoch: 0 })) {
      expect(Array.from(await batch.labels.data())).toEqual([0, 1, 1, 0]);
      disposeBatch(batch);
    }
    expect(tf.memory().numTensors).toBe(0);
  });

  it('reads JSON lines and other names of columns, and sorts whole numbers by value', async () => {
    const lines = [10, 9, 2].map((kind) => JSON.stringify({ file: `${kind}.png`, kind }));
    const path = await table('set.jsonl', `${lines.join('\n')}\n`);
    const set = await readImageTable(path, { path: 'file', label: 'kind', directory: '/pictures' });
    expect(set.classNames).toEqual(['2', '9', '10']);
    expect(set.examples[0]).toEqual({ path: join('/pictures', '10.png'), label: 2 });
  });

  it.each([
    ['empty.csv', '', /names the columns/],
    ['names.csv', 'file,label\na,b', /'path' among them,.* but found file, label/],
    ['columns.csv', 'path,a,b\n1.png,1,2\n', /a column 'label' .* found path, a, b/],
    ['fields.csv', 'path,label\na,b\na', /2 fields .* 1 on line 3/],
    ['class.csv', 'path,label\na,', /'label' .* none on line 2/],
    ['none.csv', 'path,label\n', /pictures with labels/],
    ['quote.csv', 'path,label\n"a', /never closed/],
    ['broken.jsonl', '{"path": "a"', /no JSON on line 1/],
    ['list.jsonl', '["a"]', /another value on line 1/],
    ['mixed.jsonl', '{"path":"a","label":["x",{}]}', /a list of texts or numbers as 'label' .* on line 1/],
  ])('refuses %s', async (name, content, message) => {
    await expect(readImageTable(await table(name, content))).rejects.toThrow(message);
  });

  it('refuses text in another encoding, another ending and a label out of the list', async () => {
    const latin = await table('latin.csv', Uint8Array.from([0x70, 0xe9, 0x0a]));
    await expect(readImageTable(latin)).rejects.toThrow(/UTF-8/);
    await expect(readImageTable(at('set.txt'))).rejects.toThrow(/\.csv, \.tsv, \.jsonl/);
    const path = await table('other.csv', 'path,label\na.png,bird\n');
    await expect(readImageTable(path, { classNames: ['cat', 'dog'] })).rejects.toThrow(/found 'bird'/);
  });

  it('knows a table by its ending', () => {
    expect(['a.CSV', 'a.tsv', 'a.jsonl', 'a.ndjson', 'a', 'csv'].map(isImageTable)).toEqual([
      ...[true, true, true, true],
      ...[false, false],
    ]);
  });
});

describe('readFlatFolder', () => {
  it('takes labels from names by the group of an expression, whatever its flags', async () => {
    const set = await readFlatFolder(at('pictures'), { label: /^([a-z]+)_\d+/g });
    expect(set.classNames).toEqual(['cat', 'dog']);
    expect(countByClass(set)).toEqual([2, 1]);
    expect(set.ignored).toEqual([{ path: at('pictures/notes.png'), reason: 'no label in its name' }]);
  });

  it('takes labels by a function', async () => {
    const set = await readFlatFolder(at('pictures'), { label: (name) => /\d/.exec(name)?.[0] });
    expect(set.classNames).toEqual(['1', '2']);
  });

  it('refuses an expression without a group, a folder that is absent and one without labels', async () => {
    await expect(readFlatFolder(at('pictures'), { label: /cat/ })).rejects.toThrow(/with a group/);
    await expect(readFlatFolder(at('nowhere'), { label: /(.)/ })).rejects.toThrow(/no such folder/);
    await expect(readFlatFolder(at('pictures'), { label: /(bird)/ })).rejects.toThrow(/found none/);
  });
});

describe('kFolds', () => {
  it('holds each example once, and of each class the same number but for one', () => {
    const counts = fc.array(fc.integer({ min: 5, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 2, max: 5 }), fc.nat(), (numbers, folds, seed) => {
        const set = setOf(numbers);
        const splits = kFolds(set, { folds, seed });
        const held = splits.flatMap(({ validation }) => validation.examples.map(({ path }) => path));
        expect(held.sort()).toEqual(set.examples.map(({ path }) => path).sort());
        const sizes = splits.map(({ validation }) => validation.examples.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(numbers.length);
        for (const { train, validation } of splits) {
          expect(train.examples.length + validation.examples.length).toBe(set.examples.length);
          countByClass(validation).forEach((count, label) => {
            expect(Math.abs(count - numbers[label]! / folds)).toBeLessThan(1);
          });
        }
      }),
    );
  });

  it('keeps groups in one fold, follows its seed and refuses more folds than a class has groups', () => {
    const set = setOf([12, 12]);
    const by = ({ path }: { path: string }) => path.replace(/\d+$/, (n) => `${Math.floor(Number(n) / 3)}`);
    for (const { train, validation } of kFolds(set, { folds: 4, by })) {
      const held = new Set(validation.examples.map(by));
      expect(train.examples.filter((example) => held.has(by(example)))).toEqual([]);
      expect(countByClass(validation)).toEqual([3, 3]);
    }
    expect(kFolds(set, { seed: 1 })).toEqual(kFolds(set, { seed: 1 }));
    expect(kFolds(set, { seed: 1 })).not.toEqual(kFolds(set, { seed: 2 }));
    expect(() => kFolds(set, { folds: 5, by })).toThrow(/as the class 'class\d' has/);
  });
});

describe('remapClasses', () => {
  it('renames, merges and leaves out', () => {
    const set = setOf([1, 2, 3, 4]);
    const mapped = remapClasses(set, { class2: 'class0', class1: null, class3: 'last' });
    expect(mapped.classNames).toEqual(['class0', 'last']);
    expect(countByClass(mapped)).toEqual([4, 4]);
    expect(set.classNames).toHaveLength(4);
  });

  it('refuses unknown classes, empty names and a set without classes', () => {
    const set = setOf([1, 1]);
    expect(() => remapClasses(set, { toString: 'a' })).toThrow(/classes out of class0, class1/);
    expect(() => remapClasses(set, { class0: '' })).toThrow(/names.class0/);
    expect(() => remapClasses(set, { class0: null, class1: null })).toThrow(/leave a class/);
  });
});

describe('concat', () => {
  const picture = (value: number) => {
    const image = rgbImage(2, 2);
    image.pixels.fill(value);
    return image;
  };

  it('joins sets whose classes stand in another order', () => {
    const first = { classNames: ['cat', 'dog'], examples: [{ path: 'a', label: 1 }] };
    const second = { classNames: ['dog', 'cat'], examples: [{ path: 'b', label: 1 }] };
    expect(concat([first, second])).toEqual({
      classNames: ['cat', 'dog'],
      examples: [
        { path: 'a', label: 1 },
        { path: 'b', label: 0 },
      ],
    });
  });

  it('reads each example by the set that it came from, after a remapping too', async () => {
    const first = memoryImageSet(['cat'], [{ path: 'a', label: 0, image: picture(51) }]);
    const second = memoryImageSet(['cat'], [{ path: 'b', label: 0, image: picture(255) }]);
    const both = remapClasses(concat([first, second]), { cat: 'pet' });
    const batches = await imageBatches(both, { imageSize: 2, shuffle: false });
    for await (const batch of batches.batches({ epoch: 0 })) {
      const values = await batch.images.data();
      expect([values[0], values[12]]).toEqual([Math.fround(0.2), 1]);
      disposeBatch(batch);
    }
  });

  it('refuses no set, other classes, files beside pictures, and one path read in two ways', () => {
    const memory = memoryImageSet(['cat'], [{ path: 'a', label: 0, image: picture(0) }]);
    const other = memoryImageSet(['cat'], [{ path: 'a', label: 0, image: picture(1) }]);
    const files: ImageSet = { classNames: ['cat'], examples: [{ path: 'a', label: 0 }] };
    expect(() => concat([])).toThrow(/at least one set/);
    expect(() => concat([files, { ...files, classNames: ['dog'] }])).toThrow(/remapClasses/);
    expect(() => concat<{ path: string; label: number }>([files, memory as ImageSet])).toThrow(/both kinds/);
    expect(() => concat([memory, other])).toThrow(/paths that no other set has/);
  });
});
