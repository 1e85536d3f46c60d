import { copyFile, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { IMAGENET_CLASS_INDEX } from '@zoo/core/imagenet';
import { saveKerasH5, saveLayersModel } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { COLORS, writePictureFolder } from './picture-folder';
import { zoo, zooReading } from './zoo';

const place = temporaryDirectory('suite');
let pictures: string;

/** A classifier that knows {@link COLORS}: mean colour of a picture, and how much of each channel a class wants. */
function colorModel(): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.globalAveragePooling2d({ inputShape: [null, null, 3] }),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  const names = Object.keys(COLORS) as (keyof typeof COLORS)[];
  const kernel = [0, 1, 2].map((channel) => names.map((name) => COLORS[name][channel]! / 64));
  tf.tidy(() => model.setWeights([tf.tensor2d(kernel), tf.zeros([3])]));
  return model;
}

/** A classifier of one channel that knows {@link COLORS} by their brightness: the nearest one's class is the most probable. */
function brightnessModel(): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.globalAveragePooling2d({ inputShape: [8, 8, 1] }),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  const brightness = Object.values(COLORS).map(
    ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue) / 255,
  );
  const kernel = brightness.map((value) => 200 * value);
  const bias = brightness.map((value) => -100 * value ** 2);
  tf.tidy(() => model.setWeights([tf.tensor2d([kernel]), tf.tensor1d(bias)]));
  setModelMetadata(model, {
    classNames: Object.keys(COLORS),
    preprocessing: {
      imageSize: [8, 8],
      colorMode: 'grayscale',
      normalization: PIXEL_NORMALIZATIONS.scale,
    },
  });
  return model;
}

beforeAll(async () => {
  pictures = await writePictureFolder(place('pictures'), { count: 3, size: 8 });
  const model = colorModel();
  await saveKerasH5(model, place('model.h5'));
  setModelMetadata(model, {
    classNames: Object.keys(COLORS),
    preprocessing: { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale },
  });
  await saveLayersModel(model, place('model'));
  await saveLayersModel(model, place('run', 'model'));
  model.dispose();
  await writeFile(place('index.json'), '{"2": "rouge", "0": "bleu", "1": "vert"}');
});

/** {@link COLORS}, three each, and a blue one that is called red. */
async function confusedPictures(): Promise<string> {
  const folder = await writePictureFolder(place('confused'), { count: 3, size: 8 });
  await copyFile(join(folder, 'blue', 'blue-0.png'), join(folder, 'red', 'blue-0.png'));
  return folder;
}

describe('zoo predict', () => {
  it('prints the classes of one picture in percent, the most probable first', async () => {
    const { status, output } = await zoo('predict', place('model'), join(pictures, 'red', 'red-0.png'));
    expect(status).toBe(0);
    expect(output).toMatch(/^red : \d+\.\d+\n(blue|green) : \d+\.\d+\n(blue|green) : \d+\.\d+\n$/);
    const percents = output.match(/[\d.]+$/gm)!.map(Number);
    expect(percents.reduce((sum, percent) => sum + percent)).toBeCloseTo(100, 3);
  });

  it('names each of several pictures', async () => {
    const paths = [join(pictures, 'red', 'red-0.png'), join(pictures, 'blue', 'blue-1.png')];
    const { output } = await zoo('predict', place('model'), ...paths, '--top', '1');
    expect(output).toMatch(/^.*red-0\.png\nred : [\d.]+\n\n.*blue-1\.png\nblue : [\d.]+\n$/);
  });

  it('prints JSON for programs', async () => {
    const picture = join(pictures, 'green', 'green-2.png');
    const { output } = await zoo('predict', place('run'), picture, '--json', '--top', '2');
    const [result] = JSON.parse(output) as { picture: string; predictions: { className: string }[] }[];
    expect(result!.picture).toBe(picture);
    expect(result!.predictions.map(({ className }) => className)[0]).toBe('green');
    expect(result!.predictions).toHaveLength(2);
  });

  it('takes a model.json, or the output folder of a run', async () => {
    const picture = join(pictures, 'red', 'red-1.png');
    const outputs = await Promise.all([
      zoo('predict', place('model', 'model.json'), picture),
      zoo('predict', place('run'), picture),
    ]);
    expect(new Set(outputs.map(({ output }) => output)).size).toBe(1);
  });

  it('asks for what a Keras file does not say, and takes it', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    expect((await zoo('predict', place('model.h5'), picture)).errors).toContain('Give --normalization');
    const normalized = await zoo('predict', place('model.h5'), picture, '--normalization', 'scale');
    expect(normalized.status).toBe(1);
    expect(normalized.errors).toContain('Give --image-size');
    const told = ['--normalization', 'scale', '--image-size', '8', '--class-index', place('index.json')];
    const { output } = await zoo('predict', place('model.h5'), picture, ...told);
    const own = await zoo('predict', place('model'), picture);
    expect(output.startsWith('rouge : ')).toBe(true);
    expect(output.match(/[\d.]+$/gm)).toEqual(own.output.match(/[\d.]+$/gm));
  });

  it('numbers the classes that nobody names', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    const { output, errors } = await zoo(
      ...['predict', place('model.h5'), picture, '--normalization', 'scale', '--image-size', '8'],
    );
    expect(output.startsWith('2 : ')).toBe(true);
    expect(errors).toContain('--class-index');
  });

  it.each([
    [
      'a picture that is not there',
      ['MODEL', 'none.png'],
      /Expected a picture at none\.png but there is nothing/,
    ],
    ['a folder without pictures', ['MODEL', 'MODEL'], /but the folder holds none/],
    ['a file of another kind', ['MODEL', 'INDEX'], /index\.json to be a whole picture/],
    [
      'a model that is not there',
      ['none', 'PICTURE'],
      /Expected a saved model or the name of published weights for `<model>` but received "none"/,
    ],
  ])('answers %s with one sentence', async (_, argv, sentence) => {
    const places: Record<string, string> = {
      MODEL: place('model'),
      FOLDER: pictures,
      INDEX: place('index.json'),
      PICTURE: join(pictures, 'red', 'red-0.png'),
    };
    const { status, output, errors } = await zoo('predict', ...argv.map((word) => places[word] ?? word));
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toMatch(sentence);
    expect(errors).not.toContain('    at ');
  });

  it('answers the good pictures of a folder and of a list where some are bad, names those and ends with 1', async () => {
    const mixed = await writePictureFolder(place('mixed'), { count: 1, size: 8 });
    const bad = join(mixed, 'green', 'bad.png');
    await copyFile(place('index.json'), bad);
    const { status, output, errors } = await zoo(
      'predict',
      place('model'),
      mixed,
      'none.png',
      '--format',
      'jsonl',
    );
    const answers = output
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { picture: string; predictions?: { className: string }[]; error?: string },
      );
    expect(status).toBe(1);
    expect(answers.map(({ picture }) => picture)).toEqual([
      join(mixed, 'blue', 'blue-0.png'),
      bad,
      join(mixed, 'green', 'green-0.png'),
      join(mixed, 'red', 'red-0.png'),
      'none.png',
    ]);
    expect(answers.map(({ predictions }) => predictions?.[0]?.className)).toEqual([
      'blue',
      undefined,
      'green',
      'red',
      undefined,
    ]);
    expect(errors).toContain('2 of 5 pictures could not be read; they are named above.');
    expect(errors).toContain(bad);
  });

  it('prints CSV with a row a class', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    const { output } = await zoo('predict', place('model'), picture, '--format', 'csv', '--top', '2');
    const lines = output.trim().split('\n');
    expect(lines[0]).toBe('picture,rank,class,probability');
    expect(lines[1]).toMatch(new RegExp(`^${picture},1,red,0\\.\\d+$`));
    expect(lines).toHaveLength(3);
  });

  it('writes a page of the pictures with their classes, and what is wrong with others', async () => {
    const mixed = await writePictureFolder(place('page <b>'), { count: 1, size: 8 });
    await copyFile(place('index.json'), join(mixed, 'green', 'bad.png'));
    const { status, output } = await zoo('predict', place('model'), mixed, '--format', 'html');
    expect(status).toBe(1);
    expect(output.match(/<img src="data:image\/jpeg;base64,/g)).toHaveLength(3);
    expect(output).toContain('3 pictures; 1 could not be read.');
    expect(output).toContain('page &lt;b&gt;');
    expect(output).not.toContain('<b>/');
    expect(output.match(/<meter /g)).toHaveLength(9);
  });

  it('classifies the picture on standard input', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    const named = await zoo('predict', place('model'), picture);
    const piped = await zooReading(await readFile(picture), 'predict', place('model'), '-');
    expect(piped).toMatchObject({ status: 0, output: `standard input\n${named.output}` });
    const nothing = await zoo('predict', place('model'), '-');
    expect(nothing.status).toBe(1);
    expect(nothing.errors).toContain(
      'Expected a picture at standard input but it is empty. Send one picture.',
    );
    const text = await zooReading(new TextEncoder().encode('no picture'), 'predict', place('model'), '-');
    expect(text.status).toBe(1);
    expect(text.errors).toContain('standard input');
  });

  it('finds the pictures that a pattern matches, where the shell has not', async () => {
    const { output } = await zoo(
      'predict',
      place('model'),
      join(pictures, '*', '*-0.png'),
      '--format',
      'jsonl',
    );
    const names = output
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { picture: string }).picture);
    expect(names).toEqual(['blue', 'green', 'red'].map((name) => join(pictures, name, `${name}-0.png`)));
    const { status, errors } = await zoo('predict', place('model'), join(pictures, '*.gif'));
    expect(status).toBe(1);
    expect(errors).toContain('but the pattern matches none');
  });

  it('takes a pattern alone, whatever it ends in, for pictures of the model that comes along', async () => {
    const { status, output, errors } = await zoo('predict', join(pictures, 're*', 'red-0*'), '--top', '1');
    expect(status, errors).toBe(0);
    expect(output).toMatch(/^\w+ : [\d.]+\n$/m);
    expect(errors).toContain('No model is named');
  });

  it('reads a file address, and says of other addresses and of an empty name what they are', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    const named = await zoo('predict', place('model'), picture);
    const told = await zoo('predict', place('model'), pathToFileURL(picture).href);
    expect(told).toMatchObject({ status: 0, output: expect.stringContaining(named.output) as unknown });
    const ftp = await zoo('predict', place('model'), 'ftp://example.org/a.png');
    expect([ftp.status, ftp.errors]).toEqual([
      1,
      expect.stringContaining('it is read from http, https and file addresses only.'),
    ]);
    const empty = await zoo('predict', place('model'), '');
    expect(empty.errors).toContain("Expected a picture at '' but it names nothing.");
  });

  it.each([
    [['--average', 'logits'], 1, 'another model beside it, --with <model>, for `--average`'],
    [['--crop-fraction', '0.875'], 1, 'Give --aspect resizeCrop too.'],
    [['--mean', '0', '--standard-deviation', '1,0,1'], 2, 'Expected numbers above 0.'],
    [['--json', '--format', 'csv'], 2, "cannot be used with option '--json'"],
  ])('refuses %j, which would do nothing or make no sense', async (flags, expected, sentence) => {
    const picture = join(pictures, 'red', 'red-0.png');
    const { status, output, errors } = await zoo('predict', place('model'), picture, ...flags);
    expect({ status, output }).toEqual({ status: expected, output: '' });
    expect(errors).toContain(sentence);
  });

  it.each([
    [() => ['predict', place('absent'), join(pictures, 'red', 'red-0.png')], '<model>'],
    [() => ['evaluate', place('model'), pictures, '--with', place('absent')], '--with'],
    [() => ['import', place('absent'), '--output', place('imported')], '<file>'],
    [() => ['similar', join(pictures, 'red', 'red-0.png'), pictures, '--model', place('absent')], '--model'],
    [() => ['train', pictures, '--weights', place('absent'), '--output', place('none')], '--weights'],
    [() => ['train', pictures, '--teacher', place('absent'), '--output', place('none')], '--teacher'],
  ])('says by which option a model is named that is not there: %#', async (argv, argument) => {
    const { status, errors } = await zoo(...argv());
    expect(status).toBe(1);
    expect(errors).toContain(`for \`${argument}\` but received`);
  });

  it('takes a mean and a deviation of the user’s own', async () => {
    const argv = ['predict', place('model.h5'), join(pictures, 'red', 'red-0.png'), '--image-size', '8'];
    const scaled = await zoo(...argv, '--normalization', 'scale');
    const told = await zoo(...argv, '--mean', '0', '--standard-deviation', '1,1,1');
    expect(told.output).toBe(scaled.output);
    const both = await zoo(...argv, '--mean', '0.5', '--normalization', 'torch');
    expect(both.errors).toContain('either a mean and a deviation or --normalization');
  });

  it('suggests the nearest of the published weights', async () => {
    const { status, errors } = await zoo('predict', 'resnet50.tv_in1', join(pictures, 'red', 'red-0.png'));
    expect(status).toBe(1);
    expect(errors).toContain("Did you mean 'resnet50.tv_in1k'?");
  });

  it('shows the stack trace with --debug', async () => {
    const { errors } = await zoo('predict', place('model'), 'none.png', '--debug');
    expect(errors).toMatch(/ZooError: Expected a picture at none\.png.*\n {4}at /);
  });
});

describe('zoo evaluate', () => {
  it('skips pictures that can not be read on demand, says which, and measures the others', async () => {
    const damaged = await writePictureFolder(place('damaged'), { count: 3, size: 8 });
    await writeFile(join(damaged, 'red', 'red-1.png'), 'junk');
    expect(await zoo('evaluate', place('model'), damaged)).toMatchObject({ status: 1 });
    const { status, output, errors } = await zoo('evaluate', place('model'), damaged, '--on-corrupt', 'skip');
    expect(status).toBe(0);
    expect(output).toMatch(/^pictures +8$/m);
    expect(errors).toMatch(/skipped 1 picture that can't be read:\n.*red-1\.png/);
  });

  it('measures a network of one channel as zoo predict reads it, picture by picture', async () => {
    const model = brightnessModel();
    await saveLayersModel(model, place('grey'));
    model.dispose();
    const { output } = await zoo('evaluate', place('grey'), pictures, '--json');
    const measured = JSON.parse(output) as { accuracy: number; loss: number };
    expect(measured.accuracy).toBe(1);
    const answers = await zoo('predict', place('grey'), pictures, '--json', '--top', '1');
    const predictions = JSON.parse(answers.output) as { predictions: { probability: number }[] }[];
    const losses = predictions.map((each) => -Math.log(each.predictions[0]!.probability));
    expect(losses.reduce((sum, loss) => sum + loss) / losses.length).toBeCloseTo(measured.loss, 6);
  });

  it('shows control characters in class names of a strange model as text, in predict and evaluate', async () => {
    const model = colorModel();
    const classNames = ['blue\u001b[2J', 'green\u202e', 'red'];
    setModelMetadata(model, {
      classNames,
      preprocessing: { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale },
    });
    await saveLayersModel(model, place('strange'));
    model.dispose();
    const strange = await writePictureFolder(place('strange-pictures'), {
      count: 1,
      size: 8,
      classes: ['red'],
    });
    const picture = join(strange, 'red', 'red-0.png');
    const texts = [
      await zoo('predict', place('strange'), picture),
      await zoo('evaluate', place('strange'), strange),
    ].map(({ output, errors }) => output + errors);
    for (const text of texts) {
      expect(text).toContain('blue\\u001b[2J');
      expect(text).not.toContain('\u001b[2J');
      expect(text).not.toContain('\u202e');
    }
  });

  it("measures ImageNet's weights on folders that are called by WordNet's identifiers", async () => {
    const classNames = IMAGENET_CLASS_INDEX.map((entry) => entry[1]);
    // The two cranes, and the classes around them, by their colour.
    const colors = { n02012849: 'blue', n03126707: 'red', n01440764: 'green' } as const;
    const kernel = [0, 1, 2].map((channel) =>
      IMAGENET_CLASS_INDEX.map(([identifier]) =>
        identifier! in colors ? COLORS[colors[identifier as keyof typeof colors]][channel]! / 64 : -4,
      ),
    );
    const model = tfl.sequential({
      layers: [
        tfl.layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }),
        tfl.layers.dense({ units: 1000, activation: 'softmax' }),
      ],
    });
    tf.tidy(() => model.setWeights([tf.tensor2d(kernel), tf.zeros([1000])]));
    const preprocessing = { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale } as const;
    setModelMetadata(model, { classNames, preprocessing });
    await saveLayersModel(model, place('imagenet'));
    model.dispose();
    const written = await writePictureFolder(place('by-color'), { count: 2, size: 8 });
    for (const [identifier, color] of Object.entries(colors)) {
      await cp(join(written, color), place('synsets', identifier), { recursive: true });
    }
    const { output, errors, status } = await zoo('evaluate', place('imagenet'), place('synsets'), '--json');
    expect(status, errors).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ pictures: 6, accuracy: 1, topK: 5 });
    const together = await zoo(
      ...['evaluate', place('imagenet'), place('synsets'), '--with', place('imagenet'), '--json'],
    );
    expect(JSON.parse(together.output)).toMatchObject({ accuracy: 1, topK: 5 });
    const text = (await zoo('evaluate', place('imagenet'), place('synsets'))).output;
    expect(text).toMatch(/^accuracy +100\.00 %$/m);
    // Of a thousand classes, those that have pictures or were answered.
    expect(text.split('\n').length).toBeLessThan(40);
    expect(text).toMatch(/^crane +2 +100\.00 %/m);
  });

  it('averages with mirror images on demand', async () => {
    const { status, output } = await zoo('evaluate', place('model'), pictures, '--horizontal-flip');
    expect(status).toBe(0);
    expect(output).toContain('accuracy  100.00 %');
  });

  it('prints confusion matrix, accuracy and loss', async () => {
    const { status, output } = await zoo('evaluate', place('model'), pictures);
    expect(status).toBe(0);
    expect(output).toMatch(/^blue +3 +· +· +100\.0 %$/m);
    expect(output).toContain('pictures  9\naccuracy  100.00 %\nloss      ');
  });

  it('prints rates of each class and on average, and what is taken for what', async () => {
    const { output } = await zoo('evaluate', place('model'), await confusedPictures());
    expect(output).toMatch(/^class +pictures +precision +recall +F1 +ROC AUC +AP$/m);
    expect(output).toMatch(/^blue +3 +75\.00 % +100\.00 % +85\.71 % +\d\.\d{4} +\d\.\d{4}$/m);
    expect(output).toMatch(/^mean of the classes +10 +91\.67 % +91\.67 % +90\.\d+ %/m);
    expect(output).toMatch(/^red +taken for +blue +1 +25\.00 %$/m);
    expect(output).toMatch(/^ECE +\d+\.\d+ %/m);
  });

  it('writes the model with a temperature, by which zoo predict answers', async () => {
    const calibrated = place('calibrated.keras');
    const measured = await zoo(
      'evaluate',
      place('model'),
      await confusedPictures(),
      '--calibrate',
      calibrated,
      '--json',
    );
    const { temperature, accuracy } = JSON.parse(measured.output) as {
      temperature: number;
      accuracy: number;
    };
    expect({ accuracy, errors: measured.errors }).toEqual({
      accuracy: 0.9,
      errors: expect.stringMatching(/^temperature [\d.]+: loss [\d.]+ before, [\d.]+ with it$/m) as string,
    });
    const logOdds = async (model: string): Promise<number> => {
      const { output } = await zoo('predict', model, join(pictures, 'red', 'red-0.png'), '--json');
      const [{ predictions }] = JSON.parse(output) as [{ predictions: { probability: number }[] }];
      return Math.log(predictions[0]!.probability / predictions[1]!.probability);
    };
    expect(temperature).not.toBeCloseTo(1, 1);
    expect((await logOdds(place('model'))) / (await logOdds(calibrated))).toBeCloseTo(temperature, 4);
  });

  it('refuses to write a calibrated model in no format, before it measures', async () => {
    const { status, errors } = await zoo(
      'evaluate',
      place('model'),
      pictures,
      '--calibrate',
      place('folder'),
    );
    expect({ status, errors }).toEqual({
      status: 1,
      errors: expect.stringContaining('`--calibrate`') as string,
    });
  });

  it('counts labels in the order of the model where the folder lacks a class', async () => {
    const some = await writePictureFolder(place('some'), { count: 2, size: 8, classes: ['red'] });
    const { output } = await zoo('evaluate', place('model'), some, '--json');
    expect(JSON.parse(output)).toMatchObject({
      pictures: 2,
      accuracy: 1,
      confusionMatrix: [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 2],
      ],
    });
  });

  it('writes a report on demand', async () => {
    const report = place('reports', 'report.html');
    const { status } = await zoo('evaluate', place('model'), pictures, '--report', report);
    expect(status).toBe(0);
    expect(await readFile(report, 'utf8')).toContain('<!doctype html>');
  });

  it('refuses a corrupt picture by its name', async () => {
    const broken = await writePictureFolder(place('broken'), { count: 1, size: 8 });
    await copyFile(place('index.json'), join(broken, 'red', 'red-1.png'));
    const { status, errors } = await zoo('evaluate', place('model'), broken);
    expect(status).toBe(1);
    expect(errors).toContain(join(broken, 'red', 'red-1.png'));
  });
});

describe('several models together', () => {
  interface Answer {
    readonly predictions: readonly { readonly className: string; readonly probability: number }[];
  }

  beforeAll(async () => {
    const model = brightnessModel();
    await saveLayersModel(model, place('bright'));
    setModelMetadata(model, { ...modelMetadata(model), classNames: Object.keys(COLORS).reverse() });
    await saveLayersModel(model, place('reversed'));
    model.dispose();
  });

  it('zoo predict answers by the mean of their probabilities, each reading the picture as its own', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    const probabilitiesOf = async (...words: string[]) => {
      const { output } = await zoo('predict', ...words, '--json', '--top', '3');
      const answer = JSON.parse(output) as Answer | Answer[];
      const [{ predictions }] = [answer].flat() as [Answer];
      return new Map(predictions.map(({ className, probability }) => [className, probability]));
    };
    const first = await probabilitiesOf(place('model'), picture);
    const second = await probabilitiesOf(place('bright'), picture);
    const together = await probabilitiesOf(place('model'), picture, '--with', place('bright'));
    for (const [className, probability] of together)
      expect(probability).toBeCloseTo((first.get(className)! + second.get(className)!) / 2, 6);
    const logits = ['--with', place('bright'), '--with', place('model'), '--average', 'logits'];
    expect(await probabilitiesOf(place('model'), picture, ...logits)).not.toEqual(together);
  });

  it('zoo evaluate measures them together and alone, in text, JSON and a report', async () => {
    const confused = await confusedPictures();
    const words = ['evaluate', place('model'), confused, '--with', place('bright')];
    const { status, output } = await zoo(...words, '--report', place('together.html'));
    expect(status).toBe(0);
    expect(output).toMatch(/accuracy {2}90\.00 %\n/);
    expect(output).toContain(`alone     90.00 %  ${place('model')}\nalone     90.00 %  ${place('bright')}\n`);
    const report = await readFile(place('together.html'), 'utf8');
    expect(report).toContain(`${confused}, together`);
    const { output: json } = await zoo(...words, '--json', '--crops', 'five', '--average', 'logits');
    const { members, accuracy } = JSON.parse(json) as Record<string, unknown>;
    expect(accuracy).toBeCloseTo(0.9, 6);
    expect(members).toMatchObject([{ model: place('model') }, { model: place('bright') }]);
  });

  it('are refused with their classes in two orders, or to be calibrated', async () => {
    const { status, errors } = await zoo('evaluate', place('model'), pictures, '--with', place('reversed'));
    expect(status).toBe(1);
    expect(errors).toContain('Expected the classes of the first in their order');
    const picture = join(pictures, 'red', 'red-0.png');
    expect(await zoo('predict', place('model'), picture, '--with', place('reversed'))).toMatchObject({
      status: 1,
    });
    const calibrated = ['--calibrate', place('calibrated.h5')];
    expect(
      await zoo('evaluate', place('model'), pictures, '--with', place('bright'), ...calibrated),
    ).toMatchObject({ status: 2 });
  });
});
