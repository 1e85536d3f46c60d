import { mkdir, rm, writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { parseOptions } from '../src/options';
import { resolveSettings, writeSettings } from '../src/run-settings';

const place = temporaryDirectory();

const resume = (...more: string[]) =>
  resolveSettings(parseOptions(['--output', place(), '--resume', ...more]));

/** What a run leaves when it is stopped, as far as settings are concerned. */
async function leaveRun(): Promise<void> {
  await writeSettings(place(), { model: 'resnet20', epochs: 7, seed: 3, data: null });
  await mkdir(place('checkpoints'));
  await writeFile(place('checkpoints', 'last.safetensors'), '');
}

describe('A new run', () => {
  it('takes defaults for what the command line leaves out', async () => {
    const { model, epochs, seed, data } = await resolveSettings(parseOptions(['--epochs', '2']));
    expect({ model, epochs, seed, data }).toEqual({ model: 'resnet10', epochs: 2, seed: 1, data: null });
  });
});

describe('A resumed run', () => {
  it('has the settings it began with', async () => {
    await leaveRun();
    expect(await resume()).toEqual({ model: 'resnet20', epochs: 7, seed: 3, data: null });
    expect(await resume('--epochs', '7')).toEqual(await resume());
  });

  it.each([
    ['--epochs', '8', '7'],
    ['--seed', '1', '3'],
    ['--model', 'resnet10', 'resnet20'],
    ['--data', 'pictures', 'left out'],
  ])('refuses another %s', async (name, value, was) => {
    await leaveRun();
    await expect(resume(name, value)).rejects.toThrow(`what the run to resume began with (${was})`);
  });

  it('needs a checkpoint', async () => {
    await expect(resume()).rejects.toThrow(/Expected a checkpoint in .* for `--resume` but there is none/);
  });

  it('needs its settings', async () => {
    await leaveRun();
    await rm(place('run.json'));
    await expect(resume()).rejects.toThrow(/Expected the settings of the run to resume/);
  });
});
