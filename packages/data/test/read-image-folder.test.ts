import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { describeIgnored, findImageSplits, readImageFolder } from '../src/node';

import { folderOf, png, slopes } from './support/pictures';

const picture = png(slopes(2, 2));

describe('readImageFolder', () => {
  it('sorts classes and files and passes over hidden files and files of other kinds', async () => {
    const directory = await folderOf({
      'judge/b.png': picture,
      'judge/a.JPG': picture,
      'judge/Thumbs.db': 'x',
      'judge/.DS_Store': 'x',
      'Chef/deep/1.jpeg': picture,
      'chef/2.png': picture,
      '.cache/1.png': picture,
      'readme.txt': 'x',
    });
    const folder = await readImageFolder(directory);
    expect(folder.classNames).toEqual(['Chef', 'chef', 'judge']);
    expect(folder.examples.map(({ path, label }) => [path.slice(directory.length + 1), label])).toEqual([
      [join('Chef', 'deep', '1.jpeg'), 0],
      [join('chef', '2.png'), 1],
      [join('judge', 'a.JPG'), 2],
      [join('judge', 'b.png'), 2],
    ]);
    expect(folder.ignored).toEqual([]);
  });

  it('says so if there is no such folder or it is a file', async () => {
    const directory = await folderOf({ file: 'x' });
    await expect(readImageFolder(join(directory, 'absent'))).rejects.toThrow(
      /absent to be a folder .* there is no/,
    );
    await expect(readImageFolder(join(directory, 'file'))).rejects.toThrow(/but it is a file/);
    await expect(readImageFolder('')).rejects.toThrow(/the path of a folder/);
  });

  it('says so if there are no classes', async () => {
    const directory = await folderOf({ 'a.png': picture });
    await expect(readImageFolder(directory)).rejects.toThrow(
      /Expected at least one class in .* but found no folder/,
    );
  });

  it('names a class without a picture, unless such a class is allowed', async () => {
    const directory = await folderOf({ 'a/1.png': picture, 'b/notes.txt': 'x' });
    await expect(readImageFolder(directory)).rejects.toThrow(
      /Expected a picture in each class .* found only 1 \.txt in 'b'/,
    );
    const folder = await readImageFolder(directory, { allowEmptyClasses: true });
    expect(folder.classNames).toEqual(['a', 'b']);
  });

  it('takes classes and their labels from classNames and names one that is absent', async () => {
    const directory = await folderOf({ 'a/1.png': picture, 'b/1.png': picture, 'c/1.png': picture });
    const folder = await readImageFolder(directory, { classNames: ['c', 'a'] });
    expect(folder.examples.map(({ label }) => folder.classNames[label])).toEqual(['c', 'a']);
    await expect(readImageFolder(directory, { classNames: ['d'] })).rejects.toThrow(
      /the class 'd' .* only a, b, c/,
    );
  });

  it('follows links to pictures and folders, passes over dead ones and ends where links run in a circle', async () => {
    const directory = await folderOf({ 'a/1.png': picture });
    await symlink(join(directory, 'a'), join(directory, 'a', 'again'));
    await symlink(join(directory, 'nowhere.png'), join(directory, 'a', 'dead.png'));
    await symlink(join(directory, 'a'), join(directory, 'b'));
    await writeFile(join(directory, 'a', '2.png'), picture);
    const folder = await readImageFolder(directory);
    expect(folder.examples.map(({ path }) => path.slice(directory.length + 1))).toEqual([
      'a/1.png',
      'a/2.png',
      'b/1.png',
      'b/2.png',
    ]);
  });

  it('counts and names what it does not read, in one line', async () => {
    const directory = await folderOf({
      'a/1.webp': picture,
      'a/.hidden.png': picture,
      'a/notes.txt': 'x',
      'a/more.TXT': 'x',
      'a/10': picture,
      'a/deep/2.tiff': picture,
      'a/._2.tiff': 'x',
      '__MACOSX/a/._1.webp': 'x',
      'loose.jpg': picture,
      'labels.csv': 'x',
    });
    await symlink(join(directory, 'nowhere.png'), join(directory, 'a', 'dead.png'));
    await symlink(directory, join(directory, 'a', 'deep', 'up'));
    execFileSync('mkfifo', [join(directory, 'a', 'pipe.png')]);
    const folder = await readImageFolder(directory);
    expect(folder.classNames).toEqual(['a']);
    expect(folder.examples.map(({ path }) => path.slice(directory.length + 1))).toEqual([
      'a/1.webp',
      'a/deep/2.tiff',
    ]);
    const reasons = folder.ignored.map(({ path, reason }) => [path.slice(directory.length + 1), reason]);
    expect(reasons).toEqual([
      ['loose.jpg', 'outside the class folders'],
      ['a/.hidden.png', 'hidden file'],
      ['a/10', 'another kind of file'],
      ['a/dead.png', 'dangling link'],
      ['a/deep/up', 'link to a folder above it'],
      ['a/more.TXT', 'another kind of file'],
      ['a/notes.txt', 'another kind of file'],
      ['a/pipe.png', 'no regular file'],
    ]);
    expect(describeIgnored(folder)).toMatch(
      /^8 files in .* are not read: 2 \.txt, 1 outside the class folders, 1 hidden file, .*; the first is .*loose\.jpg$/,
    );
    expect(describeIgnored({ directory, ignored: [] })).toBeUndefined();
  });

  it('reads names in any script, sorted by code points, as Python sorts them', async () => {
    const names = ['Z', 'a', 'naïve'.normalize('NFD'), '10', '2', 'with space', '犬', '\u{1f415}', '\uff21'];
    const files = Object.fromEntries(names.map((name) => [`${name}/${name} #%20.png`, picture]));
    const { classNames, examples } = await readImageFolder(await folderOf(files));
    expect(classNames).toEqual([
      '10',
      '2',
      'Z',
      'a',
      'naïve'.normalize('NFD'),
      'with space',
      '犬',
      '\uff21',
      '\u{1f415}',
    ]);
    expect(examples.length).toBe(names.length);
  });
});

describe('a data set that is split on disk', () => {
  const split = (...parts: string[]) =>
    folderOf(
      Object.fromEntries(
        parts.flatMap((part) => ['x', 'y'].map((name) => [`${part}/${name}/1.png`, picture])),
      ),
    );

  it.each([
    [['Training', 'Testing'], { train: 'Training', test: 'Testing' }],
    [['Train', 'Validation'], { train: 'Train', validation: 'Validation' }],
    [['TRAIN', 'val', 'test'], { train: 'TRAIN', validation: 'val', test: 'test' }],
    [['training_set', 'test_set'], { train: 'training_set', test: 'test_set' }],
    [['seg_train', 'seg_test'], { train: 'seg_train', test: 'seg_test' }],
    [['train-data', 'val-data'], { train: 'train-data', validation: 'val-data' }],
    [['TrainImages', 'ValidImages'], { train: 'TrainImages', validation: 'ValidImages' }],
    [['old train', 'train', 'val'], { train: 'train', validation: 'val' }],
    [['train'], { train: 'train' }],
  ])('is recognised: %j', async (parts, expected) => {
    const directory = await split(...parts);
    const paths = Object.fromEntries(
      Object.entries(expected).map(([part, name]) => [part, join(directory, name)]),
    );
    expect(await findImageSplits(directory)).toEqual(paths);
    await expect(readImageFolder(directory)).rejects.toThrow(
      new RegExp(
        `parts of a split, .*${expected.train}.*Read each part by itself, beginning with .*${expected.train}\\.$`,
      ),
    );
  });

  it('is not one where pictures of trains and tests lie', async () => {
    const directory = await folderOf({ 'train/1.png': picture, 'test/1.png': picture, 'car/1.png': picture });
    expect(await findImageSplits(directory)).toBeUndefined();
    expect((await readImageFolder(directory)).classNames).toEqual(['car', 'test', 'train']);
  });

  it('is not one where classes have the words in their names', async () => {
    const directory = await split('train_station', 'bus stop', 'test of strength');
    expect(await findImageSplits(directory)).toBeUndefined();
  });

  it('is not one where nothing is there to train on', async () => {
    expect(await findImageSplits(await split('test', 'other'))).toBeUndefined();
    expect(await findImageSplits('/no/such/folder')).toBeUndefined();
  });
});
