import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { zoo } from './zoo';

const COMMANDS = [
  'train',
  'resume',
  'evaluate',
  'predict',
  'gradcam',
  'similar',
  'serve',
  'import',
  'export',
  'quantize',
  'prune',
  'summary',
  'models',
  'engines',
  'native',
  'bench',
  'compare',
  'schedule',
  'supervise',
  'completion',
];

describe('zoo', () => {
  it('prints the version of its package', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await zoo('--version')).toEqual({ status: 0, output: `${manifest.version}\n`, errors: '' });
  });

  it('lists every command in its help', async () => {
    const { status, output, errors } = await zoo('--help');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    for (const command of COMMANDS) expect(output).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
  });

  it('prints its help to standard error, as wrong usage, when no command is given', async () => {
    const { status, output, errors } = await zoo();
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain('Usage: zoo');
  });

  it.each(COMMANDS)('shows an example in the help of %s', async (command) => {
    const { status, output, errors } = await zoo(command, '--help');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toMatch(new RegExp(`Examples?:\n {2}\\$ zoo ${command}`));
    expect(output).toContain('--debug');
  });

  it('names the nearest command for an unknown one, with exit status 2', async () => {
    const { status, output, errors } = await zoo('trian', 'pictures');
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain("unknown command 'trian'");
    expect(errors).toContain('Did you mean train?');
  });

  it('names the nearest option for an unknown one', async () => {
    const { status, errors } = await zoo('train', 'pictures', '--epoch', '3');
    expect(status).toBe(2);
    expect(errors).toContain("unknown option '--epoch'");
    expect(errors).toContain('Did you mean --epochs?');
  });

  it.each([
    [['train', 'x', '--epochs', '0'], 'Expected a whole number of at least 1.'],
    [['train', 'x', '--epochs', '1.5'], 'Expected a whole number of at least 1.'],
    [['train', 'x', '--seed', 'lucky'], 'Expected a whole number of at least 0.'],
    [['train', 'x', '--learning-rate', '-1'], 'Expected a number above 0.'],
    [['train', 'x', '--label-smoothing', '1'], 'Expected a number of at least 0 and below 1.'],
    [['train', 'x', '--image-size', '64x'], 'Expected a number of pixels below 100000 such as 64'],
    [['train', 'x', '--optimizer', 'sdg'], 'Allowed choices are sgd, keras-sgd, adam, adamw'],
    [['train', 'x', '--validation', 'y', '--validation-split', '0.1'], 'cannot be used with option'],
    [['train'], "missing required argument 'folder'"],
    [['import', 'x.h5'], "required option '--output <folder>' not specified"],
    [['predict', 'model'], "Expected pictures, or a model and pictures, but received 'model' alone"],
  ])('refuses %j with exit status 2', async (argv, sentence) => {
    const { status, output, errors } = await zoo(...argv);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(errors).toContain(sentence);
    expect(errors).not.toContain('    at ');
  });
});
