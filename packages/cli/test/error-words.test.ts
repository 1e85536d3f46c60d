import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

import { ArgumentError, ZooError } from '@zoo/core';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { errorWords } from '../src/error-words';
import { expectWritableFolder } from '../src/output/writable-folder';
import { createProgram } from '../src/program';

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
    ['tensors', 'tensors'],
  ])('about the library’s `%s` names %s', (argument, option) => {
    const error = new ArgumentError(argument, 'something', 3);
    expect(errorWords(error, train)).toBe(`Expected something for \`${option}\` but received 3.`);
  });

  it.each([
    ['import', 'Leave `by` out, or pass `rename`.', 'Leave `--by` out, or pass `--rename`.'],
    ['import', "Build it with `shortcut: 'average-pad-end'`.", 'Give `--shortcut average-pad-end`.'],
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
  it('is made with all above it', async () => {
    await expectWritableFolder('--output', place('a', 'b'));
    expect(existsSync(place('a', 'b'))).toBe(true);
  });

  it('below a file is refused', async () => {
    await writeFile(place('file'), '');
    await expect(expectWritableFolder('--output', place('file', 'x'))).rejects.toThrow(
      /a folder to write to for `--output` .* is a file/,
    );
  });

  it.skipIf(!existsSync('/proc/self'))('below /proc is refused at once (skipped: no /proc)', async () => {
    await expect(expectWritableFolder('--output', '/proc/zoo/run')).rejects.toThrow(
      /\/proc\/zoo can't be made/,
    );
  });
});
