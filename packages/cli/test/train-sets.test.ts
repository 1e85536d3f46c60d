import { readdir, readFile, writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { openDataSets } from '../src/training/data-sets';
import { newTrainSettings } from '../src/training/train-settings';

import { writePictureFolder } from './picture-folder';
import { recordedIo } from './recorded-io';
import { zoo } from './zoo';

const SMALL_RUN = ['--model', 'resnet20', '--image-size', '16', '--batch-size', '8', '--engine', 'wasm'];

const place = temporaryDirectory('suite');

describe('zoo train of a table', () => {
  it('trains on the pictures that a CSV file lists and validates on those of another', async () => {
    const pictures = await writePictureFolder(place('pictures'), { count: 8 });
    const lines = async (name: string) =>
      (await readdir(`${pictures}/${name}`)).map((file) => `pictures/${name}/${file},${name}`);
    const all = (await Promise.all(['red', 'blue'].map(lines))).flat();
    const isHeld = (_: string, index: number) => index % 4 === 0;
    const csv = (rows: readonly string[]) => ['path,label', ...rows].join('\n');
    await writeFile(place('train.csv'), csv(all.filter((row, index) => !isHeld(row, index))));
    await writeFile(place('held.csv'), csv(all.filter(isHeld)));
    const io = recordedIo();
    const command = ['train', place('train.csv'), '--validation', place('held.csv'), ...SMALL_RUN];
    expect(await run([...command, '--epochs', '1', '--output', place('run')], io)).toBe(0);
    expect(io.errors()).toContain('2 classes, 12 pictures to train on and 4 to validate on');
    expect(await readFile(place('run/report.html'), 'utf8')).toContain('train.csv');
    const evaluation = ['evaluate', place('run'), place('held.csv'), '--engine', 'wasm', '--json'];
    const views = ['--crops', 'five', '--horizontal-flip'];
    const [plain, seen] = await Promise.all([zoo(...evaluation), zoo(...evaluation, ...views)]);
    const losses = [plain, seen].map(({ status, output, errors }) => {
      expect(status, errors).toBe(0);
      return JSON.parse(output) as { pictures: number; loss: number };
    });
    expect(losses.map(({ pictures: count }) => count)).toEqual([4, 4]);
    expect(losses[1]!.loss).not.toBe(losses[0]!.loss);
    const scaled = await zoo(...evaluation, '--crops', 'five', '--scales', '18,24');
    expect(scaled.status, scaled.errors).toBe(0);
    const calibrated = await zoo(...evaluation, '--crops', 'five', '--calibrate', place('model.keras'));
    expect(calibrated.status).not.toBe(0);
    expect(calibrated.errors).toMatch(/--crops.*--calibrate|--calibrate.*--crops/);
    const found = await zoo('inspect', place('train.csv'), place('held.csv'), '--json');
    expect(JSON.parse(found.output)).toMatchObject({
      splits: [
        { name: 'train.csv', pictures: 12 },
        { name: 'held.csv', pictures: 4 },
      ],
    });
    expect(await zoo('inspect', place('held.csv'))).toMatchObject({ status: 0 });
  }, 90_000);

  it('trains on a table of several classes per picture, and evaluates and answers by it', async () => {
    const pictures = await writePictureFolder(place('many'), { count: 8 });
    const warm = { red: 'red|warm', blue: 'blue', green: '' } as const;
    const rows = await Promise.all(
      Object.entries(warm).map(async ([name, labels]) =>
        (await readdir(`${pictures}/${name}`)).map((file) => `many/${name}/${file},${labels}`),
      ),
    );
    await writeFile(place('many.csv'), ['path,labels', ...rows.flat()].join('\n'));
    const command = [
      'train',
      place('many.csv'),
      ...SMALL_RUN,
      '--epochs',
      '2',
      '--output',
      place('many-run'),
    ];
    const trained = await zoo(...command);
    expect(trained.status, trained.errors).toBe(0);
    expect(trained.errors).toContain('several classes per picture');
    expect(trained.output).toMatch(/^warm .*\n(.*\n)*mAP {7}\d/m);
    expect(await readFile(place('many-run/report.html'), 'utf8')).toContain('Several classes per picture');
    const evaluated = await zoo(
      'evaluate',
      place('many-run'),
      place('many.csv'),
      '--engine',
      'wasm',
      '--json',
    );
    expect(evaluated.status, evaluated.errors).toBe(0);
    expect(JSON.parse(evaluated.output)).toMatchObject({
      pictures: 24,
      classNames: ['blue', 'red', 'warm'],
      classes: [{ support: 8 }, { support: 8 }, { support: 8 }],
      exactMatch: expect.any(Number) as number,
    });
    const plain = await zoo('evaluate', place('many-run'), place('many.csv'), '--engine', 'wasm');
    expect(plain.output).toContain('all right');
    const resumed = await zoo('resume', place('many-run'), '--epochs', '3', '--engine', 'wasm');
    expect(resumed.status, resumed.errors).toBe(0);
    const refused = await Promise.all([
      zoo('evaluate', place('many-run'), place('many.csv'), '--engine', 'wasm', '--top', '2'),
      zoo(...command.slice(0, -1), place('balanced-run'), '--sampler', 'balanced'),
      zoo('evaluate', place('run'), place('many.csv'), '--engine', 'wasm'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([1, 1, 1]);
    expect(refused[0].errors).toContain('Leave --top out');
    expect(refused[1].errors).toContain('one class per picture');
  }, 90_000);

  it('takes a folder for a folder, whatever its name ends in', async () => {
    const pictures = await writePictureFolder(place('pictures.csv'), { count: 2 });
    const { train, validation } = await openDataSets(
      newTrainSettings({ folder: pictures, validationSplit: 0.5 }),
      recordedIo(),
    );
    expect([train.examples.length, validation.examples.length]).toEqual([3, 3]);
  });

  it('says of a table that is absent, and of a picture of one, that there is no such file', async () => {
    const io = recordedIo();
    expect(await run(['train', place('absent.csv'), '--output', place('none')], io)).toBe(1);
    expect(io.errors()).toMatch(
      /Expected a table of pictures at \S+absent\.csv but there is no such file\. Check the path\.\n$/,
    );
    const rows = ['a', 'b'].flatMap((name) => [1, 2].map((index) => `${name}${index}.png,${name}`));
    await writeFile(place('rows.csv'), ['path,label', ...rows].join('\n'));
    expect(await run(['train', place('rows.csv'), ...SMALL_RUN, '--output', place('none')], io)).toBe(1);
    expect(io.errors()).toMatch(/[ab][12]\.png to be a whole picture but there is no such file\. .*\n$/);
  });

  it('names the columns that it wants where a table has others', async () => {
    await writeFile(place('other.csv'), 'filename,class\na.png,b\n');
    const io = recordedIo();
    expect(await run(['train', place('other.csv'), '--output', place('none')], io)).toBe(1);
    expect(io.errors()).toMatch(/found filename, class\. Call the columns 'path' and 'label'\.\n$/);
  });
});
