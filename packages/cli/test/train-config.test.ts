import { writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { readTrainConfig, trainConfigSchema, trainConfigText } from '../src/training/train-config';
import type { GivenSettings } from '../src/training/train-options';
import { newTrainSettings } from '../src/training/train-settings';

const place = temporaryDirectory();

async function configOf(content: unknown): Promise<string> {
  const path = place('run.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('a file for --config', () => {
  it('that --print-config wrote gives the same settings', async () => {
    const given: GivenSettings = {
      folder: '/pictures',
      optimizer: 'adamw',
      imageSize: [48, 64],
      epochs: 3,
      batchSize: 'auto',
    };
    const read = await readTrainConfig(await configOf(trainConfigText(given)));
    expect(newTrainSettings({ ...read, folder: '/pictures' })).toEqual(newTrainSettings(given));
  });

  it('has paths from its own folder on', async () => {
    const path = await configOf({ validation: 'holdout' });
    expect(await readTrainConfig(path)).toEqual({ validation: place('holdout') });
  });

  it.each([
    ['other/model', () => place('other/model')],
    ['resnet18.tv_in1k', () => 'resnet18.tv_in1k'],
    ['https://here/model.h5', () => 'https://here/model.h5'],
  ])('takes the weights %s for a path, a name or an address', async (weights, read) => {
    expect(await readTrainConfig(await configOf({ weights }))).toEqual({ weights: read() });
  });

  it('takes one number for a square', async () => {
    expect(await readTrainConfig(await configOf({ imageSize: 96 }))).toEqual({ imageSize: [96, 96] });
  });

  it.each([
    [{ bachSize: 8 }, "Did you mean 'batchSize'?"],
    [{ batchSize: 0 }, 'Expected an integer of at least 1 for '],
    [{ batchSize: 'most' }, 'Expected an integer of at least 1 for '],
    [{ optimizer: 'sdg' }, "Did you mean 'sgd'?"],
    [{ imageSize: 'large' }, 'Expected a number of pixels, or [height, width], for '],
    ['[1]', 'Expected an object of settings in '],
    ['{', "it can't be parsed"],
  ])('is refused by name: %j', async (content, message) => {
    await expect(readTrainConfig(await configOf(content))).rejects.toThrow(message);
  });
});

describe('train.schema.json', () => {
  // `npx vitest run test/train-config.test.ts -u` writes it anew.
  it('is what the option table says', async () => {
    await expect(`${JSON.stringify(trainConfigSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
      '../train.schema.json',
    );
  });
});
