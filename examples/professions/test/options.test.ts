import { isZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { HELP, parseOptions } from '../src/options';

const complaintOf = (commandLine: string[]): string => {
  try {
    parseOptions(commandLine);
  } catch (error) {
    if (isZooError(error, 'invalid-argument')) return error.message;
    throw error;
  }
  return 'none';
};

describe('The command line', () => {
  it('leaves everything open when it is empty', () => {
    expect(parseOptions([])).toEqual({
      help: false,
      epochs: undefined,
      model: undefined,
      seed: undefined,
      engine: undefined,
      threads: undefined,
      data: undefined,
      output: 'runs/professions',
      resume: false,
    });
  });

  it('takes a value after a space or an equals sign', () => {
    const { epochs, seed, model, engine, threads, resume } = parseOptions([
      ...['--epochs', '3', '--seed=0', '--model', 'resnet18', '--engine=cpu', '--threads', '1', '--resume'],
    ]);
    expect({ epochs, seed, model, engine, threads, resume }).toEqual({
      epochs: 3,
      seed: 0,
      model: 'resnet18',
      engine: 'cpu',
      threads: 1,
      resume: true,
    });
  });

  it.each([
    ['--epochs', '0', 'a whole number from 1'],
    ['--epochs', '2.5', 'a whole number from 1'],
    ['--seed', 'many', 'a whole number from 0'],
    ['--seed', '1e3', 'a whole number from 0'],
    ['--seed', '9007199254740993', 'a whole number from 0'],
    ['--threads', '0', 'a whole number from 1'],
    ['--output', '', 'the path of a folder'],
    ['--data', '', 'the path of a folder'],
  ])('refuses %s %j', (name, value, expected) => {
    const complaint = complaintOf([name, value]);
    expect(complaint).toContain(`Expected ${expected}`);
    expect(complaint).toContain(`\`${name}\``);
    expect(complaint).not.toContain('\n');
  });

  it('suggests the name that was meant', () => {
    expect(complaintOf(['--model', 'resnet21'])).toContain('Did you mean');
    expect(complaintOf(['--engine', 'wsam'])).toContain("Did you mean 'wasm'?");
  });

  it.each([[['--epoch', '3']], [['pictures']], [['--seed']], [['--resume=yes']]])(
    'refuses %j in one line',
    (commandLine) => {
      expect(complaintOf(commandLine)).toMatch(/^Expected options of this program .*See --help\.$/);
    },
  );

  it('explains every option it takes', () => {
    for (const name of ['epochs', 'model', 'seed', 'engine', 'threads', 'data', 'output', 'resume', 'help']) {
      expect(HELP).toContain(`--${name} `);
    }
  });
});
