import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { disposeBatch } from '@zoo/core';
import { readImageFolder } from '@zoo/data/node';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { openSources } from '../src/training/run-training';
import type { SizedGivenSettings } from '../src/training/train-options';
import { newTrainSettings } from '../src/training/train-settings';

import { writePictureFolder } from './picture-folder';
import { zoo } from './zoo';

const SMALL_RUN = [
  ...['--model', 'resnet20', '--image-size', '16', '--batch-size', '8', '--epochs', '1'],
  ...['--engine', 'wasm', '--threads', '1'],
];

const place = temporaryDirectory();

/** Names of the pictures that the first epoch of a run draws. */
async function drawn(folder: string, given: Partial<SizedGivenSettings>): Promise<string[]> {
  const set = await readImageFolder(folder);
  const settings = newTrainSettings({ folder, imageSize: [16, 16], ...given });
  const { train } = await openSources({ settings, sets: { train: set, validation: set }, loading: {} });
  const names: string[] = [];
  for await (const batch of train.batches({ epoch: 0 })) {
    names.push(...batch.sources.map((path) => basename(path)));
    disposeBatch(batch);
  }
  return names;
}

describe('zoo train', () => {
  it('is the same run with threads and a cache on the disk, which a resumed run may do without', async () => {
    const pictures = await writePictureFolder(place('pictures'), { count: 6 });
    const cache = place('cache');
    const loading = ['--workers', '1', '--cache', 'disk', '--cache-directory', cache];
    const epochOf = async (name: string, flags: readonly string[]): Promise<unknown> => {
      const output = place(name);
      const { status, errors } = await zoo('train', pictures, ...SMALL_RUN, '--output', output, ...flags);
      expect(status, errors).toBe(0);
      expect(await readFile(join(output, 'settings.json'), 'utf8')).not.toMatch(/cache|workers/);
      const { loss, valLoss } = JSON.parse(await readFile(join(output, 'history.jsonl'), 'utf8')) as {
        loss: number;
        valLoss: number;
      };
      expect([loss, valLoss].every(Number.isFinite)).toBe(true);
      return { loss, valLoss };
    };
    expect(await epochOf('loaded', loading)).toEqual(await epochOf('plain', []));
    const resumed = await zoo('resume', place('loaded'), '--epochs', '2', '--cache', 'none');
    expect(resumed.status, resumed.errors).toBe(0);
    expect(resumed.errors).not.toContain('has had its');
    const complete = await zoo('resume', place('loaded'), '--cache', 'none');
    expect(complete.errors).toContain('The run has had its 2 epochs: --epochs 4 trains on');
    // One for the pictures to train on, a seventh larger than those to validate on.
    expect(await readdir(cache)).toHaveLength(2);
  }, 60_000);

  it('draws every class as often with --sampler balanced', async () => {
    const pictures = await writePictureFolder(place('many'), { count: 40, classes: ['red'] });
    await writePictureFolder(pictures, { count: 4, classes: ['blue'] });
    const blue = (await drawn(pictures, { sampler: 'balanced' })).filter((name) => name.startsWith('blue'));
    expect(blue.length).toBeGreaterThan(10);
    expect(blue.length).toBeLessThan(34);
  });

  it('draws pictures as often as --sample-weights says with --sampler weighted, which wants that file', async () => {
    const pictures = await writePictureFolder(place('weighted'), { count: 4, classes: ['red', 'blue'] });
    const names = ['red', 'blue'].flatMap((name) => [0, 1, 2, 3].map((at) => `${name}/${name}-${at}.png`));
    const weights = Object.fromEntries(names.map((name) => [name, /-[12]/.test(name) ? 1 : 0]));
    const sampleWeights = join(pictures, 'weights.json');
    await writeFile(sampleWeights, JSON.stringify(weights));
    const found = await drawn(pictures, { sampler: 'weighted', sampleWeights });
    expect(found).toHaveLength(8);
    expect(found.filter((name) => !/-[12]/.test(name))).toEqual([]);
    expect(await zoo('train', pictures, '--sampler', 'weighted', '--output', place('none'))).toMatchObject({
      status: 1,
      errors: expect.stringMatching(/--sample-weights beside it .*`--sampler`/) as unknown,
    });
  });
});
