import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { createRandom } from '@zoo/core';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../../test-support/temporary-directory';
import { adamW, fit, type FitOptions } from '../../src';
import { checkpoint, hasCheckpoint, loadBestWeights, loadCheckpoint, lockRun } from '../../src/node';
import { memorySource } from '../support/memory-source';
import { tinyModel, weightValues } from '../support/tiny-model';

const place = temporaryDirectory();

let last: string;

function options(epochs: number): FitOptions {
  return {
    train: memorySource(),
    validation: memorySource({ seed: 2, exampleCount: 6 }),
    epochs,
    optimizer: adamW(),
    callbacks: [checkpoint({ directory: place(), pattern: '{epoch}', monitor: 'val_loss' })],
  };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

beforeEach(async () => {
  last = place('last.safetensors');
  const model = tinyModel();
  await fit(model, options(2));
  model.dispose();
});

async function load(): Promise<{ step?: number; error?: string; said: string[] }> {
  const model = tinyModel({ seed: 99 });
  const before = weightValues(model);
  const said: string[] = [];
  try {
    const state = await loadCheckpoint(place(), model, { onDamaged: (message) => said.push(message) });
    return { step: state.step, said };
  } catch (error) {
    expect(weightValues(model)).toEqual(before);
    return { error: (error as Error).message, said };
  } finally {
    model.dispose();
  }
}

describe('a damaged checkpoint', () => {
  it('of which any one bit has changed is named, and the one before is taken', async () => {
    const good = await readFile(last);
    const random = createRandom(1);
    for (let flip = 0; flip < 200; flip++) {
      const bytes = Buffer.from(good);
      const at = random.integer(0, good.length - 1);
      bytes[at]! ^= 1 << random.integer(0, 7);
      await writeFile(last, bytes);
      const { step, said } = await load();
      expect({ step, named: said.length === 1 && said[0]!.includes(last) }).toEqual({ step: 3, named: true });
    }
  });

  it('that is cut off anywhere is named, and the one before is taken', async () => {
    const good = await readFile(last);
    const random = createRandom(2);
    const anywhere = Array.from({ length: 40 }, () => random.integer(0, good.length - 1));
    // Within the length, the checksum's name, and the checksum.
    const inHead = Array.from({ length: 26 }, (_, cut) => 4 * cut);
    for (const length of [...anywhere, ...inHead]) {
      await writeFile(last, good.subarray(0, length));
      const { step, said } = await load();
      expect({ step, said: said.length }).toEqual({ step: 3, said: 1 });
    }
  });

  it.skipIf(process.platform === 'win32')(
    'that is a named pipe is named and not waited for, and the one before is taken',
    async () => {
      await rm(last);
      execFileSync('mkfifo', [last]);
      const { step, said } = await load();
      expect(step).toBe(3);
      expect(said).toEqual([expect.stringContaining(`${last} but it is a folder, pipe or device`)]);
    },
  );

  it('with no whole one before it ends with an error that names each, and leaves the model alone', async () => {
    const older = place('last-1.safetensors');
    await writeFile(last, 'x');
    await writeFile(older, (await readFile(older)).fill(0, 2000, 2001).subarray(0, -1));
    const { error } = await load();
    expect(error).toContain(last);
    expect(error).toContain(older);
  });

  it('is gone on from in the same way: the run ends as the unbroken one', async () => {
    const unbroken = tinyModel();
    await fit(unbroken, { ...options(4), callbacks: [] });
    await writeFile(last, 'x');
    const model = tinyModel({ seed: 99 });
    const resume = await loadCheckpoint(place(), model, { onDamaged: () => undefined });
    await fit(model, { ...options(4), resume });
    expect(weightValues(model)).toEqual(weightValues(unbroken));
    model.dispose();
    unbroken.dispose();
  });

  it('tells weights of a best epoch that have changed', async () => {
    const model = tinyModel();
    const { path } = await loadBestWeights(place(), model);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    const before = weightValues(model);
    await expect(loadBestWeights(place(), model)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringContaining(path) as string,
    });
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});

describe("a run's folder", () => {
  it('is refused to a second run, and free again afterwards', async () => {
    const lock = await lockRun(place());
    const model = tinyModel();
    await expect(fit(model, options(1))).rejects.toThrow(
      `Another run (process ${process.pid}) is using ${place()}. Wait until it has ended`,
    );
    await lock.release();
    await fit(model, options(1));
    expect((await readdir(place())).filter((name) => name.includes('lock'))).toEqual([]);
    model.dispose();
  });

  it('is swept of what killed processes left in it', async () => {
    const left = '.last.safetensors.01234567-89ab-cdef-0123-456789abcdef.tmp';
    await writeFile(place(left), 'half');
    await writeFile(place('.mine.tmp'), 'not ours');
    await (await lockRun(place())).release();
    const names = await readdir(place());
    expect(names).not.toContain(left);
    expect(names).toContain('.mine.tmp');
  });

  it('that is a file is told with its path', async () => {
    const path = place('file');
    await writeFile(path, '');
    const model = tinyModel();
    const callbacks = [checkpoint({ directory: join(path, 'run') })];
    await expect(fit(model, { ...options(1), callbacks })).rejects.toMatchObject({
      code: 'invalid-file',
      message: `Could not make the folder ${join(path, 'run')} because a part of the path is a file.`,
    });
    model.dispose();
  });

  it.skipIf(process.getuid?.() === 0)('that is read-only is told with its path', async () => {
    const path = place('closed');
    await mkdir(path);
    await chmod(path, 0o555);
    const model = tinyModel();
    const callbacks = [checkpoint({ directory: path })];
    await expect(fit(model, { ...options(1), callbacks })).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(`${path}.* because permission is missing`) as string,
    });
    model.dispose();
  });

  it('without a checkpoint has none to load', async () => {
    const empty = place('empty');
    await mkdir(empty);
    expect(await hasCheckpoint(empty)).toBe(false);
    const model = tinyModel();
    await expect(loadCheckpoint(empty, model)).rejects.toThrow(
      `Expected a checkpoint in ${empty} but there is none.`,
    );
    model.dispose();
  });
});
