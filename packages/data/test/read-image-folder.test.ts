import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readImageFolder } from '../src/node';

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
    expect(folder.ignored).toEqual([join(directory, 'judge', 'Thumbs.db')]);
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
    const directory = await folderOf({ 'a/1.png': picture, 'b/Thumbs.db': 'x' });
    await expect(readImageFolder(directory)).rejects.toThrow(/but found none in 'b'/);
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
});
