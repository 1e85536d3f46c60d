import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ArgumentError, ZooError } from '@zoo/core';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { errorWords } from '../src/error-words';
import { expectWritableFile, expectWritableFolder } from '../src/output/writable-folder';
import { createProgram } from '../src/program';

import { writePictureFolder } from './picture-folder';
import { recordedIo } from './recorded-io';

const place = temporaryDirectory('suite');

/** A command with all its options. */
async function declared(name: string): Promise<Command | undefined> {
  return (await createProgram([name], recordedIo())).commands.find((each) => each.name() === name);
}

describe('an error', async () => {
  const train = await declared('train');

  it.each([
    ['options.batchSize', '--batch-size'],
    ['options.learningRate', '--learning-rate'],
    ['outputs', '--freeze'],
    ['until', '--freeze'],
    ['name', '--model'],
    ['set', '<folder>'],
    ['--seed', '--seed'],
    ['classifiers[2].classNames', '--with'],
    ['members[1].source.classNames', '--with'],
    ['tensors', 'tensors'],
  ])('about the library’s `%s` names %s', (argument, option) => {
    const error = new ArgumentError(argument, 'something', 3);
    expect(errorWords(error, train)).toBe(`Expected something for \`${option}\` but received 3.`);
  });

  it('about a model names <model> where no option does', async () => {
    const error = new ArgumentError('name', 'something', 3);
    expect(errorWords(error, await declared('summary'))).toContain('for `<model>`');
  });

  it.each([
    ['import', 'Leave `by` out, or pass `rename`.', 'Leave `--by` out, or pass `--rename`.'],
    ['import', "Build it with `shortcut: 'average-pad-end'`.", 'Give `--shortcut average-pad-end`.'],
    [
      'train',
      'Use a batch of 16, with `accumulateSteps: 2`.',
      'Use a batch of 16, with `--accumulate-steps 2`.',
    ],
    ['train', 'Pass `recomputeActivations: true`.', 'Pass `--recompute-activations`.'],
    ['export', "Train one with `stem: 'imagenet'`.", 'Train one with `--stem imagenet`.'],
    ['evaluate', 'Use `accumulateSteps: 2`.', 'Use `accumulateSteps: 2`.'],
    ['predict', 'Say it with `rename`.', 'Say it with `--rename` of zoo import.'],
    ['import', 'It does not fit. Pass `skipMismatch: true` to load what fits.', 'It does not fit.'],
  ])('of zoo %s advises what this command line has: %j', async (name, message, words) => {
    const command = await declared(name);
    expect(errorWords(new ZooError('weights-mismatch', message), command)).toBe(words);
  });

  it.each([
    ['EACCES', 'open', 'Expected to open /a but this user may not (EACCES).'],
    [
      'ENOTDIR',
      'mkdir',
      'Expected to make the folder /a but a part of the path is a file, not a folder (ENOTDIR).',
    ],
    ['ENOSPC', 'write', 'Expected to write /a but the disk is full (ENOSPC).'],
  ])('%s of the file system is a sentence', (code, syscall, sentence) => {
    const error = Object.assign(new Error(`${code}: raw`), { code, syscall, path: '/a' });
    expect(errorWords(error, train)).toBe(sentence);
  });
});

describe('an output folder', () => {
  it('below a file is refused', async () => {
    await writeFile(place('file'), '');
    await expect(expectWritableFolder('--output', place('file', 'x'))).rejects.toThrow(
      /a folder to write to for `--output` .* is a file/,
    );
  });

  it.skipIf(!existsSync('/proc/self'))('that takes no files is refused (skipped: no /proc)', async () => {
    await expect(expectWritableFolder('--output', '/proc')).rejects.toThrow(
      /a folder to write to for `--output` .* no file can be made in \/proc \(ENOENT\)/,
    );
  });

  it('keeps nothing of having been tried, and stays absent until something is written', async () => {
    await mkdir(place('tried'));
    await expectWritableFolder('--output', place('tried'));
    await expectWritableFolder('--output', place('tried/absent/folder'));
    await expectWritableFile('--report', place('tried/absent/report.html'));
    expect(await readdir(place('tried'))).toEqual([]);
  });

  it('without a name is refused', async () => {
    await expect(expectWritableFolder('--output', '')).rejects.toThrow(/received "".* it has no name/);
    await expect(expectWritableFile('--report', '')).rejects.toThrow(/received "".* it has no name/);
  });

  it.skipIf(!existsSync('/proc/self'))('below /proc is refused at once (skipped: no /proc)', async () => {
    await expect(expectWritableFolder('--output', '/proc/zoo/run')).rejects.toThrow(
      /no file can be made in \/proc \(ENOENT\)/,
    );
  });
});

describe('an output file', () => {
  it('may be new, in a new folder, or replace a file', async () => {
    await writeFile(place('old.html'), '');
    await expectWritableFile('--report', place('old.html'));
    await expectWritableFile('--report', place('new', 'report.html'));
    expect(existsSync(place('new', 'report.html'))).toBe(false);
  });

  it('is no folder', async () => {
    await mkdir(place('folder.html'));
    await expect(expectWritableFile('--report', place('folder.html'))).rejects.toThrow(
      /a file to write for `--report` .* It can't be used: it is a folder\./,
    );
  });

  it.skipIf(!existsSync('/proc/self')).each([
    ['schedule', '--output', '/proc/zoo.svg'],
    ['augment', 'PICTURE', '--output', '/proc/zoo.html'],
    ['inspect', 'PICTURES', '--report', '/proc/zoo.html'],
    ['export', 'idenprof', '/proc/zoo.onnx'],
    ['quantize', 'idenprof', '/proc/zoo.onnx', '--data', 'PICTURES'],
    ['prune', 'idenprof', '/proc/zoo.keras', '--share', '0.5'],
    ['similar', 'PICTURE', 'PICTURES', '--model', 'idenprof', '--features', '/proc/zoo.jsonl'],
    ['evaluate', 'idenprof', 'PICTURES', '--report', '/proc/zoo.html'],
    ['compare', 'PICTURES', '--report', '/proc/zoo.html'],
  ])(
    'of zoo %s that can not be made is named before anything is done (skipped: no /proc)',
    async (...argv) => {
      const pictures = await writePictureFolder(place('pictures'), { count: 1, size: 8 });
      const places: Record<string, string> = {
        PICTURES: pictures,
        PICTURE: join(pictures, 'red', 'red-0.png'),
      };
      const io = recordedIo();
      expect(
        await run(
          argv.map((word) => places[word] ?? word),
          io,
        ),
      ).toBe(1);
      expect(io.output()).toBe('');
      expect(io.errors()).toMatch(
        /^error: Expected a file to write for `.+` but received "\/proc\/zoo\.\w+"\. .*\n$/,
      );
    },
  );
});
