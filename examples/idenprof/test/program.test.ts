import { writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { runProgram } from '../src/program';

const place = temporaryDirectory('suite');
describe('the command line', () => {
  const called = async (...args: string[]) => {
    const [out, errors]: [string[], string[]] = [[], []];
    const code = await runProgram(args, {
      print: (line) => out.push(line),
      printError: (line) => errors.push(line),
    });
    return { code, out, errors };
  };

  it('answers --help on standard output, with success', async () => {
    const { code, out, errors } = await called('--help');
    expect([code, errors]).toEqual([0, []]);
    expect(out[0]).toMatch(/^Usage: main\.js train/);
  });

  it.each([
    [['train'], /`train <folder>` or `predict <picture>`.*--help/],
    [['train', 'x', '--epochs', 'ten'], /a whole number of at least 1 for `--epochs` but received "ten"/],
    [['train', 'x', '--image-size', '8'], /at least 32 for `--image-size`/],
    [['train', 'x', '--epoch', '3'], /Unknown option '--epoch'.*--help/],
    [['train', 'x', '--recipe', 'slow'], /'post' or 'fast' for `--recipe`/],
    [
      ['train', 'x', '--recipe', 'fast', '--steps', '3'],
      /no such option with train --recipe fast for `--steps`/,
    ],
    [['train', 'x', '--recipe', 'fast', '--hold-out', '2'], /a share between 0 and 1 for `--hold-out`/],
    [['train', 'x', '--hold-out', '.2'], /no such option with train for `--hold-out`/],
    [['predict', 'x.jpg', '--epochs', '3'], /no such option with predict for `--epochs`/],
  ])('refuses %j in one line, with exit code 2', async (args, message) => {
    const { code, out, errors } = await called(...args);
    expect([code, out, errors.length]).toEqual([2, [], 1]);
    expect(errors[0]).toMatch(message);
    expect(errors[0]).not.toMatch(/\n/);
  });
});

describe('a file that is absent or broken', () => {
  const errorOf = async (...args: string[]) => {
    const errors: string[] = [];
    const print = (line: string) => errors.push(line);
    return { code: await runProgram(args, { print, printError: print }), errors };
  };

  it.each([
    ['train', ['train', 'nowhere']],
    ['train fast', ['train', 'nowhere', '--recipe', 'fast']],
    ['predict', ['predict', 'nowhere.jpg']],
    ['predict with files', ['predict', 'nowhere.h5', 'nowhere.json', 'nowhere.jpg']],
  ])('is one sentence and exit code 1: %s', async (_, args) => {
    const { code, errors } = await errorOf(...args);
    expect(code).toBe(1);
    expect(errors.at(-1)).toMatch(/nowhere|idenprof_model_class\.json/);
    expect(errors.join('\n')).not.toMatch(/\n\s+at /);
  });

  it('is named where it is no Keras file', async () => {
    const [weights, index] = [place('weights.h5'), place('classes.json')];
    await writeFile(weights, 'no weights');
    await writeFile(index, '["chef", "doctor"]');
    const { code, errors } = await errorOf('predict', weights, index, 'x.jpg', '--image-size', '32');
    expect([code, errors.length]).toEqual([1, 1]);
    expect(errors[0]).toMatch(/weights\.h5 is no weight file/);
  });
});
