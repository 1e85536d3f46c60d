import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PIXEL_NORMALIZATIONS, setModelMetadata, modelMetadata } from '@zoo/core';
import { readImageFile } from '@zoo/data/node';
import { cifarResnet } from '@zoo/resnet';
import { saveLayersModel } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
// Loaded ahead of the tests' time.
import '../src/commands/gradcam';

import { COLORS, writePictureFolder } from './picture-folder';
import { recordedIo } from './recorded-io';

const place = temporaryDirectory('suite');

async function gradcam(...argv: string[]) {
  const io = recordedIo();
  const status = await run(['gradcam', place('model'), ...argv, '--engine', 'cpu'], io);
  return { status, output: io.output(), errors: io.errors() };
}

beforeAll(async () => {
  await writePictureFolder(place('pictures'), { count: 1, size: 8 });
  const model = cifarResnet(8, { inputShape: [8, 8, 3], classes: 3, seed: 1 });
  setModelMetadata(model, {
    ...modelMetadata(model),
    classNames: Object.keys(COLORS),
    preprocessing: { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale },
  });
  await saveLayersModel(model, place('model'));
  model.dispose();
});

describe('zoo gradcam', () => {
  it('draws each picture under its heat map, and the heat map alone', async () => {
    const { status, output } = await gradcam(place('pictures'), '--output', place('out'), '--class', 'green');
    expect(status).toBe(0);
    expect(output.trim().split('\n')).toHaveLength(3);
    expect(output).toMatch(/red-0\.png {2}green \d+\.\d\d % {2}.*red-0\.gradcam\.png/);
    expect((await readdir(place('out'))).sort()).toEqual(
      ['blue', 'green', 'red'].flatMap((name) => [`${name}-0.gradcam.png`, `${name}-0.heat.png`]),
    );
    expect(await readImageFile(place('out', 'red-0.heat.png'))).toMatchObject({ height: 448, width: 448 });
  });

  it('says of one picture that can not be read what is wrong with it, and no more', async () => {
    await writeFile(place('text.png'), 'no picture');
    const { status, errors } = await gradcam(place('text.png'), '--output', place('text'));
    expect(status).toBe(1);
    expect(errors.trim().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^error: Expected .*text\.png to be a whole picture but its content/),
    ]);
  });

  it('prints JSON, keeps pictures of one name apart, answers the good ones and ends with 1 where one is bad', async () => {
    await mkdir(place('other'), { recursive: true });
    await writeFile(place('other', 'red-0.png'), 'no picture');
    const red = place('pictures', 'red', 'red-0.png');
    const { status, output, errors } = await gradcam(
      ...[red, place('other', 'red-0.png'), red, '--json', '--class', '2', '--layer', 'stage2'],
      ...['--output', place('json')],
    );
    expect(status).toBe(1);
    expect(errors).toContain('1 of 3 pictures could not be read');
    const drawn = JSON.parse(output) as { className: string; overlay: string }[];
    expect(drawn.map(({ className, overlay }) => [className, overlay])).toEqual([
      ['red', join(place('json'), 'red-0.gradcam.png')],
      ['red', join(place('json'), 'red-0-2.gradcam.png')],
    ]);
  });

  it.each([
    [['--class', 'gren'], `for \`--class\` but received "gren". Did you mean 'green'?`],
    [['--class', '3'], "Expected a class' number, 0 to 2 for `--class`"],
    [['--layer', 'conv4_blok1_out'], 'for `--layer` but received "conv4_blok1_out". Did you mean'],
  ])('refuses %j in a sentence', async (argv, sentence) => {
    const { status, output, errors } = await gradcam(
      ...[place('pictures', 'red', 'red-0.png'), ...argv, '--output', place('refused')],
    );
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toContain(sentence);
    expect(existsSync(place('refused'))).toBe(false);
  });
});
