import { copyFile, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { saveLayersModel } from '@zoo/weights/node';
import { beforeAll, describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
// Loaded ahead of the tests' time.
import '../src/commands/similar';

import { writePictureFolder } from './picture-folder';
import { recordedIo } from './recorded-io';

const place = temporaryDirectory('suite');

/** Features are a picture's mean colour. */
async function writeModel(folder: string, scale: number): Promise<void> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [8, 8, 3], filters: 3, kernelSize: 1 }),
      tfl.layers.globalAveragePooling2d({ name: 'avg_pool' }),
      tfl.layers.dense({ units: 2 }),
    ],
  });
  tf.tidy(() => {
    const through = tf.reshape(tf.mul(tf.eye(3), scale), [1, 1, 3, 3]);
    model.setWeights([through, tf.zeros([3]), tf.zeros([3, 2]), tf.zeros([2])]);
  });
  const preprocessing = { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale } as const;
  setModelMetadata(model, { classNames: ['a', 'b'], preprocessing });
  await saveLayersModel(model, folder);
  model.dispose();
}

async function similar(...argv: string[]) {
  const io = recordedIo({ environment: { ZOO_CACHE_DIRECTORY: place('cache') } });
  const status = await run(['similar', ...argv, '--model', place('model'), '--engine', 'cpu'], io);
  return { status, output: io.output(), errors: io.errors() };
}

const GREEN = () => place('pictures', 'green', 'green-1.png');

beforeAll(async () => {
  await writePictureFolder(place('pictures'), { count: 4, size: 8 });
  await writeModel(place('model'), 1);
});

describe('zoo similar', () => {
  it('prints the nearest pictures, the nearest first and never the picture itself, and their votes', async () => {
    const { status, output } = await similar(GREEN(), place('pictures'), '--count', '3', '--neighbors', '3');
    expect(status).toBe(0);
    const [first, second, third, empty, ...votes] = output.split('\n');
    for (const line of [first, second, third])
      expect(line).toMatch(/^(0\.9|1\.0)\d{3} {2}.*green-[023]\.png$/);
    expect([empty, votes]).toEqual(['', ['green : 100', '']]);
  });

  it('keeps features, and computes those of new and changed pictures only', async () => {
    const file = place('kept.jsonl');
    const argv = [GREEN(), place('pictures'), '--features', file, '--json'];
    const before = await similar(...argv);
    // What is kept is believed while size and time are the picture's.
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(13);
    const zero = Buffer.from(new Float32Array([0, 0, 1]).buffer).toString('base64');
    const entry = JSON.parse(lines.at(-1)!) as { path: string; features: string };
    await writeFile(file, [...lines.slice(0, -1), JSON.stringify({ ...entry, features: zero })].join('\n'));
    const changed = JSON.parse((await similar(...argv, '--count', '12')).output) as {
      nearest: { picture: string; similarity: number }[];
    };
    const found = changed.nearest.find(({ picture }) => picture.endsWith(entry.path))!;
    const { mtime } = await stat(join(place('pictures'), entry.path));
    await utimes(join(place('pictures'), entry.path), mtime, new Date(mtime.getTime() + 5000));
    const again = JSON.parse((await similar(...argv, '--count', '12')).output) as typeof changed;
    expect(again.nearest.find(({ picture }) => picture.endsWith(entry.path))!.similarity).not.toBe(
      found.similarity,
    );
    expect((JSON.parse(before.output) as typeof changed).nearest[0]).toEqual(again.nearest[0]);
  });

  it('does not believe what another network or a damaged file says', async () => {
    const file = place('foreign.jsonl');
    await similar(GREEN(), place('pictures'), '--features', file);
    const expected = await readFile(file, 'utf8');
    for (const damaged of [expected.replace(/"network":"..../, '"network":"0000'), '{"format"', '']) {
      await writeFile(file, damaged);
      expect((await similar(GREEN(), place('pictures'), '--features', file)).status).toBe(0);
      expect(await readFile(file, 'utf8')).toBe(expected);
    }
  });

  it('answers with the good pictures where some are bad, names those and ends with 1', async () => {
    await writePictureFolder(place('mixed'), { count: 1, size: 8 });
    await copyFile(GREEN(), place('mixed', 'loose.png'));
    await writeFile(place('mixed', 'red', 'broken.png'), 'no picture');
    const { status, output, errors } = await similar(GREEN(), place('mixed'), '--json');
    expect(status).toBe(1);
    expect(errors).toContain('broken.png');
    const { nearest, classes } = JSON.parse(output) as { nearest: { picture: string }[]; classes?: unknown };
    expect(nearest.map(({ picture }) => picture.split('/').at(-1)).slice(0, 2)).toEqual([
      'loose.png',
      'green-0.png',
    ]);
    // A picture outside the class folders has no vote to give.
    expect(classes).toBeUndefined();
  });

  it('compares with the pictures of a table, whose labels vote, and names a file that is not there', async () => {
    const row = (name: string, label: string) => `pictures/${name},${label}`;
    const rows = [
      row('green/green-0.png', 'grass'),
      row('green/green-1.png', 'grass'),
      row('red/red-0.png', 'rose'),
    ];
    await writeFile(place('set.csv'), ['path,label', ...rows].join('\n'));
    const { status, output, errors } = await similar(GREEN(), place('set.csv'), '--json');
    expect(status, errors).toBe(0);
    const { nearest, classes } = JSON.parse(output) as {
      nearest: { picture: string }[];
      classes: { className: string }[];
    };
    expect(nearest.map(({ picture }) => picture)).toEqual([
      place('pictures', 'green', 'green-0.png'),
      place('pictures', 'red', 'red-0.png'),
    ]);
    expect(classes.map(({ className }) => className)).toEqual(['grass', 'rose']);
    await writeFile(place('set.csv'), ['path,labels', ...rows, row('gone.png', 'a|b')].join('\n'));
    const several = await similar(GREEN(), place('set.csv'), '--json');
    expect(several.status).toBe(1);
    expect(several.errors).toMatch(/gone\.png.*\n.*1 of 4 pictures/s);
    expect(JSON.parse(several.output)).toEqual({ nearest: expect.arrayContaining([]) as unknown });
  });

  it.each([
    [['absent.png', 'pictures'], 'absent.png'],
    [['pictures/green/green-1.png', 'absent'], 'Expected a folder of pictures at'],
  ])('refuses %j in a sentence', async ([picture, folder], sentence) => {
    const { status, output, errors } = await similar(place(picture!), place(folder!));
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toContain(sentence);
  });

  it('leaves a file that holds something else than features as it is', async () => {
    await copyFile(GREEN(), place('precious.png'));
    const { status, errors } = await similar(
      ...[GREEN(), place('pictures'), '--features', place('precious.png')],
    );
    expect([status, errors]).toEqual([1, expect.stringContaining('which would be lost')]);
    expect(await readFile(place('precious.png'))).toEqual(await readFile(GREEN()));
  });

  it('names a network that needs no download where its own can not be downloaded', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
    try {
      const io = recordedIo({ environment: { ZOO_CACHE_DIRECTORY: place('empty-cache') } });
      expect(await run(['similar', GREEN(), place('pictures'), '--engine', 'cpu'], io)).toBe(1);
      expect(io.errors()).toMatch(/could not be reached\. .* --model idenprof comes along\./);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
