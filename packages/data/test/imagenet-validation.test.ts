import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { readImagenetValidation } from '../src/node';
import { readMatlabStructs } from '../src/node/read-matlab-structs';

const at = temporaryDirectory();

/**
 * As scipy 1.17 writes meta.mat, packed: an array of four structs behind another variable. The kit's numbers 490, 1 and 300 are made up; the
 * last is a kind of things, as the kit's numbers above 1,000 are.
 */
const META = Buffer.from(
  'TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFNhdCBOb3YgMjggMDQ6MTA6NDQgMjAyNgAAAAAAAAAA' +
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSU0PAAAAMgAAAHic42NgYAgAYjYg5gBiPgYIYIXyGYGYGUqD' +
    'xPJLMlKLgDQPEEswIAAjlGaC0gCB7QLbDwAAAFcBAAB4nONjYGC4wcbAAEQMHEDMxAABrFA+CxAzQjE7EBdX5hWnlhQD5VkY+KDiIUDs6RMc' +
    'FuRsZGBoFO/pwhDuByTgoDy/KKUYzssrzY1PzsjMSSlKzWNgQLDAcvl5qQwoAGSHBQPCfWxo7mNEwiDACRUHgwV1DiD9Dkj6WbDo50TSLwDl' +
    '5xkYGRpamltYIrnDg4A5EmjmgPjZmSUKafkVOgphpTkFqcUKuYnJRfklmcUU+QvqHgcC+pnQ9AvAdX+whzLA4WOAxxwYQDYHZj/57v9gT368' +
    'GJqYGJibmSC5g1C8CKGZA+KXpOYlZ+gohGTmJScqlIBIavhriMfLgSLy84uhqYG5qaGJIY5wwGYOL5o5IH5JfmZOagkwRoqLS1Mp9Q8DB4Z/' +
    'BiI+kPXxEHA/qFwtEGQkKvyw5w9LCECy34KAOaxo5oD4mXl5qUVY9JOYHwY8/AHEY0vP',
  'base64',
);

async function put(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
  }
}

const picture = (number: number): string => `ILSVRC2012_val_${String(number).padStart(8, '0')}.JPEG`;
const [TENCH, KIT_FOX, TOILET_TISSUE] = [0, 278, 999];

it('reads a flat folder by the numbers of the development kit, which lies beside it', async () => {
  const data = 'imagenet/ILSVRC2012_devkit_t12/data';
  await put({
    [`imagenet/val/${picture(1)}`]: '',
    [`imagenet/val/${picture(3)}`]: '',
    'imagenet/val/notes.JPEG': '',
    'imagenet/val/notes.txt': '',
    [`${data}/ILSVRC2012_validation_ground_truth.txt`]: '490\n1\n300\n',
    [`${data}/meta.mat`]: META,
  });
  const { classNames, examples, ignored } = await readImagenetValidation(at('imagenet', 'val'));
  expect([classNames.length, classNames[0], classNames[999]]).toEqual([1000, 'n01440764', 'n15075141']);
  expect(examples).toEqual([
    { path: at('imagenet', 'val', picture(1)), label: KIT_FOX },
    { path: at('imagenet', 'val', picture(3)), label: TOILET_TISSUE },
  ]);
  expect(ignored.map(({ reason }) => reason)).toEqual(['no label in its name', 'another kind of file']);
});

it.each([
  ['lines of identifiers', 'n01440764\nn15075141\r\n'],
  [
    "Kaggle's table",
    `ImageId,PredictionString\n${picture(2).slice(0, -5)},n15075141 1 2 3 4\n${picture(1).slice(0, -5)},n01440764 85 1 499 272 n01440764 1 1 2 2\n`,
  ],
  ["Caffe's list", `${picture(1)} 0\n${picture(2)} 999\n`],
])('reads labels from %s', async (_, labels) => {
  await put({ [`val/${picture(1)}`]: '', [`val/${picture(2)}`]: '', 'labels.txt': labels });
  const { examples } = await readImagenetValidation(at('val'), { labels: at('labels.txt') });
  expect(examples.map(({ label }) => label)).toEqual([TENCH, TOILET_TISSUE]);
});

it('takes the meaning of numbers from a text file, too', async () => {
  await put({
    [`val/${picture(2)}`]: '',
    'truth.txt': '7\n9\n',
    'map_clsloc.txt': 'n15075141 9 toilet_tissue\nn01440764 7 tench\n',
  });
  const { examples } = await readImagenetValidation(at('val'), { labels: at('truth.txt') });
  expect(examples.map(({ label }) => label)).toEqual([TOILET_TISSUE]);
});

it('reads one folder per class, of which some are absent, in the order of published weights', async () => {
  await put({ [`val/n15075141/${picture(9)}`]: '', [`val/n02119789/${picture(4)}`]: '' });
  const { classNames, examples } = await readImagenetValidation(at('val'));
  expect(classNames).toHaveLength(1000);
  expect(examples).toEqual([
    { path: join(at('val'), 'n02119789', picture(4)), label: KIT_FOX },
    { path: join(at('val'), 'n15075141', picture(9)), label: TOILET_TISSUE },
  ]);
});

it.each([
  ['no labels', {}, undefined, /labels .* beside it but found none/],
  ['numbers without a meaning', { 'truth.txt': '1\n2\n' }, 'truth.txt', /meta\.mat, .* found none/],
  ['too few labels', { 'truth.txt': 'n01440764\n' }, 'truth.txt', /none for picture 2, of 1/],
  ['an unknown class', { 'truth.txt': 'n01440764\nn00000001\n' }, 'truth.txt', /line 2 .* 'n00000001'/],
  ['a number that has no class', { 'truth.txt': '1\n77\n', 'meta.mat': META }, 'truth.txt', /line 2 .* '77'/],
  ['another line', { 'truth.txt': `${picture(1)} 0\nhello\n` }, 'truth.txt', /line 2 .* 'hello'/],
  ['a label beyond 999', { 'truth.txt': `${picture(1)} 1000\n` }, 'truth.txt', /line 1 .*1000'/],
  ['no text', { 'truth.txt': Uint8Array.of(0xff, 0xfe) }, 'truth.txt', /no text in UTF-8/],
  ['an empty file', { 'truth.txt': '\n' }, 'truth.txt', /it is empty/],
  [
    'damage',
    { 'truth.txt': '1\n1\n', 'meta.mat': META.subarray(0, 300) },
    'truth.txt',
    /meta\.mat but it ends too early/,
  ],
  [
    'another kind of file',
    { 'truth.txt': '1\n1\n', 'meta.mat': Buffer.alloc(200) },
    'truth.txt',
    /no MATLAB file/,
  ],
] as const)('refuses %s', async (_, files, labels, message) => {
  await put({ [`val/${picture(1)}`]: '', [`val/${picture(2)}`]: '', ...files });
  const reading = readImagenetValidation(at('val'), labels === undefined ? {} : { labels: at(labels) });
  await expect(reading).rejects.toMatchObject({
    code: 'invalid-file',
    message: expect.stringMatching(message) as string,
  });
});

it('refuses a folder of other classes, and one that is not there', async () => {
  await put({ 'pets/cat/1.jpg': '' });
  await expect(readImagenetValidation(at('pets'))).rejects.toThrow("but found the folder 'cat'");
  await expect(readImagenetValidation(at('absent'))).rejects.toThrow('there is no such folder');
});

it('ends in an error or an answer whatever byte of the kit is changed or missing', () => {
  const outcome = (bytes: Uint8Array): string => {
    try {
      readMatlabStructs(bytes);
      return 'read';
    } catch (error) {
      return error instanceof RangeError ? 'refused' : String(error);
    }
  };
  expect(readMatlabStructs(META)).toEqual([
    { WNID: 'n02119789', ILSVRC2012_ID: 490, words: 'kit fox, Vulpes macrotis', num_children: 0 },
    { WNID: 'n01440764', ILSVRC2012_ID: 1, words: 'tench, Tinca tinca', num_children: 0 },
    { WNID: 'n15075141', ILSVRC2012_ID: 300, words: 'toilet tissue', num_children: 3 },
    { WNID: 'n09999999', ILSVRC2012_ID: 70000, words: 'inner', num_children: 2 },
  ]);
  for (let index = 0; index < META.length; index++) {
    expect(['read', 'refused']).toContain(outcome(META.subarray(0, index)));
    const changed = Uint8Array.from(META);
    changed[index]! ^= 0x55;
    expect(['read', 'refused']).toContain(outcome(changed));
  }
});
