import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { writePictureFolder } from './picture-folder';
import { zoo } from './zoo';

const place = temporaryDirectory('suite');
let red: string;
let green: string;

beforeAll(async () => {
  const pictures = await writePictureFolder(place('pictures'), { count: 1, size: 8 });
  red = join(pictures, 'red', 'red-0.png');
  green = join(pictures, 'green', 'green-0.png');
});

interface Answer {
  picture: string;
  predictions: { className: string; probability: number }[];
}

describe('the model that comes with the command', () => {
  it('answers where pictures alone are named, and the command says so', async () => {
    const { status, output, errors } = await zoo('predict', red, green, '--top', '10', '--json');
    expect(status).toBe(0);
    const answers = JSON.parse(output) as Answer[];
    expect(answers.map(({ picture }) => picture)).toEqual([red, green]);
    expect(answers[0]!.predictions.map(({ className }) => className)).toContain('firefighter');
    expect(answers[0]!.predictions).toHaveLength(10);
    expect(errors).toContain('No model is named: idenprof answers, which tells ten professions.');
  });

  it('answers where a folder of pictures alone is named', async () => {
    const { status, output } = await zoo('predict', place('pictures'), green, '--json');
    expect(status).toBe(0);
    expect((JSON.parse(output) as Answer[]).map(({ picture }) => picture)).toEqual([
      ...['blue', 'green', 'red'].map((name) => join(place('pictures'), name, `${name}-0.png`)),
      green,
    ]);
  });

  it('does not stand for a model whose folder holds a picture', async () => {
    await mkdir(place('run', 'model'), { recursive: true });
    await writeFile(place('run', 'model', 'model.json'), '{}');
    await copyFile(red, place('run', 'example.png'));
    const { status, errors } = await zoo('predict', place('run'));
    expect(status).toBe(2);
    expect(errors).toContain("run' alone.");
  });

  it('goes by its name, too', async () => {
    const byName = await zoo('predict', 'idenprof', red, '--json');
    const alone = await zoo('predict', red, '--json');
    expect(byName.output).toBe(alone.output);
    expect(byName.errors).not.toContain('No model is named');
  });

  it('can be summarised, and is what training begins from', async () => {
    expect((await zoo('summary', 'idenprof')).output).toContain('slim_resnet18: 5,381,458 parameters');
    const begun = ['--weights', 'idenprof', '--freeze', 'stage99', '--output', place('begun')];
    const { errors } = await zoo('train', place('pictures'), ...begun, '--validation', place('pictures'));
    expect(errors).toMatch(/^weights: idenprof, slim_resnet18; the classifier begins from scratch$/m);
    expect(errors).toMatch(/for `--freeze` but received "stage99"\. .*\n$/);
  });

  it('is suggested where its name is misspelt', async () => {
    const { status, errors } = await zoo('predict', 'idenpro', red);
    expect(status).toBe(1);
    expect(errors).toContain("Did you mean 'idenprof'?");
  });

  it('does not stand for a model that was named without pictures', async () => {
    const { status, errors } = await zoo('predict', 'idenprof');
    expect(status).toBe(2);
    expect(errors).toContain("Expected pictures, or a model and pictures, but received 'idenprof' alone.");
  });
});
