import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { DEFAULT_PREPROCESSING, modelMetadata, PIXEL_NORMALIZATIONS } from '@zoo/core';
import { createResnet, features } from '@zoo/resnet';
import { lockRun } from '@zoo/train/node';
import { loadLayersModel, saveSafetensors } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { writePictureFolder } from '../test/picture-folder';
import { recordedIo, type RecordedIo } from '../test/recorded-io';
import { zoo } from '../test/zoo';

const SMALL_RUN = [
  '--model',
  'resnet20',
  '--image-size',
  '16',
  '--batch-size',
  '8',
  '--augment',
  'flip',
  '--learning-rate',
  '0.02',
  '--calibrate',
  '--engine',
  'wasm',
];

const place = temporaryDirectory('suite');
let pictures: string;
let output: string;
let io: RecordedIo;

beforeAll(async () => {
  pictures = await writePictureFolder(place('pictures'), { count: 20 });
  output = place('run');
  io = recordedIo();
  expect(await run(['train', pictures, ...SMALL_RUN, '--epochs', '8', '--output', output], io)).toBe(0);
}, 120_000);

describe('zoo train', () => {
  it('says what it trains on and which engine it chose, on standard error', () => {
    expect(io.errors()).toContain(
      `data: ${pictures}, 3 classes, 48 pictures to train on and 12 to validate on`,
    );
    expect(io.errors()).toMatch(/^engine: wasm, asked for by name/m);
  });

  it('writes one plain line an epoch where there is no terminal', () => {
    expect(io.errors().match(/^Epoch \d\/8 .*validation accuracy/gm)).toHaveLength(8);
    expect(io.errors()).not.toContain('\u001b');
  });

  it('prints settings that --config makes the same run of', async () => {
    const printed = await zoo('train', pictures, ...SMALL_RUN, '--epochs', '1', '--print-config');
    await writeFile(place('config.json'), printed.output);
    const configured = place('configured');
    const engine = ['--engine', 'wasm', '--output', configured];
    expect(await zoo('train', pictures, '--config', place('config.json'), ...engine)).toMatchObject({
      status: 0,
    });
    const settings = JSON.parse(await readFile(join(configured, 'settings.json'), 'utf8')) as object;
    const unconfigured = JSON.parse(await readFile(join(output, 'settings.json'), 'utf8')) as object;
    expect(settings).toEqual({ ...unconfigured, epochs: 1 });
  }, 60_000);

  it('prints what --config prints again, whatever the recipe', async () => {
    const flags =
      '--loss binaryCrossEntropy --focal-gamma 2 --focal-alpha 0.3 --class-weights 1,2.5,1 --sample-weights weights.json ' +
      '--teacher teacher.keras --distillation-share 0.3 --optimizer lars --no-nesterov --momentum 0.8 --trust-clip ' +
      '--lookahead-steps 4 --clip-adaptive 0.01 --swa-from-epoch 3 --freezing 0:backbone,3:stage2,6:none --weights start.h5 ' +
      '--schedule multiStep --milestones 3,5 --drop-factor 0.2 --warmup-epochs 0.5 --restart-epochs 6 --top-k 2 ' +
      '--image-size-by-epoch 2:24,3:16x20 --initial-epoch 1 --validation-frequency 2 --recompute-activations --on-not-finite continue';
    const printed = await zoo('train', pictures, ...flags.split(' '), '--print-config');
    await writeFile(place('recipe.json'), printed.output);
    expect(printed.output.match(/^ {2}"/gm)!.length).toBeGreaterThan(25);
    expect(await zoo('train', pictures, '--config', place('recipe.json'), '--print-config')).toEqual(printed);
  });

  it('shows with --dry-run what a run would be, and trains nothing', async () => {
    const planned = place('planned');
    const dry = await zoo('train', pictures, ...SMALL_RUN, '--epochs', '4', '--dry-run', '--output', planned);
    expect(dry.status).toBe(0);
    expect(dry.output).toMatch(
      /^network {3}resnet20, \d+ layers, 270,643 parameters, 269,267 of them trained$/m,
    );
    expect(dry.output).toMatch(/^steps {5}24: 4 epochs of 6$/m);
    expect(dry.output).toMatch(/^learning rate\n0\.02 \|/m);
    expect(dry.output).not.toContain('"nesterov"');
    expect(await readdir(planned)).toEqual(['dry-run.html']);
    const page = await readFile(join(planned, 'dry-run.html'), 'utf8');
    expect(page.match(/<img /g)).toHaveLength(2 * 8);
  });

  it('follows a recipe to the end, and goes on with it', async () => {
    const recipe =
      `--weights ${output} --teacher ${output} --freezing 0:backbone,1:none --distillation-temperature 2 --swa-from-epoch 1 ` +
      '--lookahead-steps 3 --clip-norm 1 --focal-gamma 1 --optimizer adamw --learning-rate 0.001 --layer-decay 0.8 ' +
      '--validation-frequency 2 --model resnet20 --batch-size 8 --augment none --engine wasm';
    const argv = ['train', pictures, ...recipe.split(' '), '--output', place('recipe')];
    expect(await zoo(...argv, '--epochs', '2')).toMatchObject({ status: 0 });
    const resumed = await zoo('resume', place('recipe'), '--epochs', '3', '--engine', 'wasm');
    expect(resumed).toMatchObject({ status: 0, output: expect.stringContaining('accuracy') as string });
    const other = await zoo(...argv, '--epochs', '3', '--top-k', '2', '--resume');
    expect(other.errors).toContain('Expected no value, as the run has none, for `--top-k` but received 2.');
  }, 60_000);

  it('learns by Muon, and a run that goes on ends as one that did not stop', async () => {
    const flags =
      '--model resnet20 --image-size 16 --batch-size 8 --augment flip --optimizer muon --schedule constant --engine wasm';
    const argv = ['train', pictures, ...flags.split(' ')];
    const whole = await zoo(...argv, '--epochs', '6', '--output', place('muon'));
    expect(whole.status, whole.errors).toBe(0);
    // A third is chance.
    expect(Number(/^accuracy +([\d.]+) %$/m.exec(whole.output)![1])).toBeGreaterThan(80);
    expect(JSON.parse(await readFile(join(place('muon'), 'settings.json'), 'utf8'))).toMatchObject({
      optimizer: 'muon',
    });
    expect((await zoo(...argv, '--epochs', '3', '--output', place('muon-halves'))).status).toBe(0);
    const resumed = await zoo('resume', place('muon-halves'), '--epochs', '6', '--engine', 'wasm');
    expect(resumed.errors).toContain('Epoch 4/6');
    const lastLoss = async (name: string): Promise<number> => {
      const lines = (await readFile(join(place(name), 'history.jsonl'), 'utf8')).trim().split('\n');
      return (JSON.parse(lines.at(-1)!) as { loss: number }).loss;
    };
    expect(await lastLoss('muon')).toBeGreaterThan(0);
    expect(await lastLoss('muon-halves')).toBe(await lastLoss('muon'));
  }, 120_000);

  it('begins with small pictures, and goes on with larger ones when it is resumed', async () => {
    const sizes =
      '--image-size 24 --image-size-by-epoch 1:16,1:20 --model resnet20 --batch-size 8 --engine wasm';
    const argv = ['train', pictures, ...sizes.split(' '), '--output', place('growing')];
    expect(await zoo(...argv, '--epochs', '1')).toMatchObject({ status: 0 });
    expect(await zoo(...argv, '--epochs', '3', '--resume')).toMatchObject({ status: 0 });
    const model = await loadLayersModel(place('growing/model'));
    expect(model.inputs[0]!.shape).toEqual([null, null, null, 3]);
    expect(modelMetadata(model)!.preprocessing!.imageSize).toEqual([24, 24]);
    model.dispose();
  }, 60_000);

  it('fills the memory with --batch-size auto, as the run with that number, and goes on with it', async () => {
    const flags = '--model resnet20 --image-size 16 --augment flip --engine wasm --threads 1'.split(' ');
    const automatic = ['--batch-size', 'auto', '--memory', '40', '--output', place('automatic')];
    const { status, errors } = await zoo('train', pictures, ...flags, '--epochs', '1', ...automatic);
    expect(status).toBe(0);
    const found = /^batch size: (\d+) \(up to \d+ at once fit into 40 MiB\)$/m.exec(errors)![1]!;
    const settingsIn = async (run: string) =>
      JSON.parse(await readFile(join(place(run), 'settings.json'), 'utf8')) as { batchSize: number };
    expect((await settingsIn('automatic')).batchSize).toBe(Number(found));
    const named = ['--batch-size', found, '--output', place('numbered')];
    expect((await zoo('train', pictures, ...flags, '--epochs', '1', ...named)).status).toBe(0);
    const weights = async (run: string) => {
      const names = await readdir(join(place(run), 'model'));
      return readFile(
        join(
          place(run),
          'model',
          names.find((name) => name.endsWith('.bin'))!,
        ),
      );
    };
    expect((await weights('automatic')).equals(await weights('numbered'))).toBe(true);
    const more = await zoo('train', pictures, ...flags, '--epochs', '2', ...automatic, '--continue');
    expect(more).toMatchObject({ status: 0, errors: expect.not.stringContaining('batch size:') as string });
    expect((await settingsIn('automatic')).batchSize).toBe(Number(found));
  }, 60_000);

  it('trains a pruned network on', async () => {
    const pruned = await zoo(
      'prune',
      output,
      place('pruned'),
      '--share',
      '0.5',
      '--data',
      pictures,
      '--json',
    );
    const { parametersBefore, parametersAfter } = JSON.parse(pruned.output) as Record<string, number>;
    expect(parametersAfter).toBeLessThan(0.8 * parametersBefore!);
    const flags = '--batch-size 8 --epochs 1 --engine wasm --learning-rate 0.001'.split(' ');
    const argv = ['train', pictures, '--weights', place('pruned'), ...flags, '--output', place('trained-on')];
    expect(await zoo(...argv)).toMatchObject({ status: 0 });
    const trained = await loadLayersModel(place('trained-on/model'));
    expect(trained.countParams()).toBe(parametersAfter);
    trained.dispose();
  }, 60_000);

  it('refuses a teacher that reads pictures otherwise', async () => {
    const flags = ['--teacher', output, '--normalization', 'caffe', '--output', place('misled')];
    const { status, errors } = await zoo('train', pictures, ...SMALL_RUN, ...flags);
    expect(status).toBe(1);
    expect(errors).toContain('Expected a network that reads pictures as the one to train for `--teacher`');
    expect(existsSync(place('misled'))).toBe(false);
  });

  it('has no temperature for pictures that are all right, says so and succeeds', () => {
    expect(io.errors()).toMatch(/^no temperature: Expected examples that the model gets partly right/m);
  });

  it('keeps a temperature that is fitted to pictures of which some are wrong, and is watched as it is asked to', async () => {
    const confused = await writePictureFolder(place('confused'), { count: 3 });
    await copyFile(join(confused, 'blue', 'blue-0.png'), join(confused, 'red', 'blue-0.png'));
    const folder = place('calibrated');
    const watched = ['--progress', 'keras', '--tensorboard', '--post', 'http://127.0.0.1:1/runs'];
    const from = ['--weights', output, '--freeze', 'backbone', '--learning-rate', '1e-6'];
    const { status, errors } = await zoo(
      'train',
      pictures,
      ...[...SMALL_RUN, ...from, ...watched, '--validation', confused, '--epochs', '1', '--output', folder],
    );
    const model = await loadLayersModel(join(folder, 'model'));
    expect({ status, temperature: Number(/^temperature: (.+)$/m.exec(errors)?.[1]) }).toEqual({
      status: 0,
      temperature: Number(modelMetadata(model)!.temperature!.toPrecision(4)),
    });
    model.dispose();
    expect(errors).toMatch(/^8\/8 - \d+s - \d+m?s\/step - accuracy: .* - val_loss: /m);
    expect(errors).toMatch(/^Posting to 127\.0\.0\.1:1 failed: /m);
    expect((await readdir(join(folder, 'events'))).map((name) => name.split('.')[0])).toEqual([
      'events',
      'train',
      'validation',
    ]);
    const report = (await readFile(join(folder, 'report.html'), 'utf8')).replace(/\s+/g, ' ');
    expect(report.match(/alt="Heat map of where it speaks for blue"/g)).toHaveLength(1);
    expect(report).toMatch(/seed<\/th> <td>0<\/td> <td class="meaning">the same seed gives the same run</);
    expect(report.indexOf('>epochs<')).toBeLessThan(report.indexOf('>optimizer<'));
    expect(report).toMatch(/engine<\/th> <td>wasm, /);

    await zoo('resume', folder, '--epochs', '2', '--engine', 'wasm');
    const [events, ...more] = await readdir(join(folder, 'events', 'train'));
    expect(more).toEqual([]);
    const written = await readFile(join(folder, 'events', 'train', events!), 'latin1');
    expect(written.split('epoch_loss')).toHaveLength(3);
    expect((await readFile(join(folder, 'history.jsonl'), 'utf8')).split('\n')).toHaveLength(3);
  });

  it('learns three colours and prints the confusion matrix and where everything is', () => {
    expect(io.output()).toMatch(/^true +blue +green +red/m);
    expect(io.output()).toContain('accuracy  100.00 %');
    expect(io.output()).toContain(`model     ${join(output, 'model')}`);
  });

  it('writes model, class index, report, settings and checkpoints, and nothing else', async () => {
    expect((await readdir(output)).sort()).toEqual([
      'checkpoints',
      'class_index.json',
      'history.csv',
      'history.jsonl',
      'model',
      'report.html',
      'settings.json',
    ]);
    expect(JSON.parse(await readFile(join(output, 'class_index.json'), 'utf8'))).toEqual({
      0: 'blue',
      1: 'green',
      2: 'red',
    });
    expect(await readFile(join(output, 'report.html'), 'utf8')).toContain('<!doctype html>');
    const table = (await readFile(join(output, 'history.csv'), 'utf8')).split('\n');
    expect(table[0]).toBe('epoch,step,loss,accuracy,learningRate,valLoss,valAccuracy');
    const lines = (await readFile(join(output, 'history.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
  });

  it('keeps with the model what it takes to use it', async () => {
    const model = await loadLayersModel(join(output, 'model'));
    expect(modelMetadata(model)).toEqual({
      architecture: 'resnet20',
      architectureOptions: {},
      classNames: ['blue', 'green', 'red'],
      preprocessing: {
        ...DEFAULT_PREPROCESSING,
        imageSize: [16, 16],
        normalization: PIXEL_NORMALIZATIONS.scale,
      },
    });
    model.dispose();
  });

  it('will not overwrite a run', async () => {
    const { status, errors } = await zoo('train', pictures, ...SMALL_RUN, '--output', output);
    expect(status).toBe(1);
    expect(errors).toContain('holds a run already. Add --resume to go on with it');
  });

  it('goes on with a run for more epochs, by its own settings', async () => {
    const { status, errors } = await zoo(
      'train',
      pictures,
      '--output',
      output,
      '--resume',
      '--epochs',
      '9',
      '--engine',
      'wasm',
    );
    expect({ status, epochs: errors.match(/^Epoch \d\/9/gm) }).toEqual({ status: 0, epochs: ['Epoch 9/9'] });
  });

  it('goes on by the name of the run alone', async () => {
    const { status, errors } = await zoo('resume', output, '--epochs', '10', '--engine', 'wasm');
    expect({ status, epochs: errors.match(/^Epoch \d+\/10/gm) }).toEqual({
      status: 0,
      epochs: ['Epoch 10/10'],
    });
  });

  it('has nothing to go on with in an empty folder', async () => {
    const { status, errors } = await zoo('resume', place('pictures'));
    expect(status).toBe(1);
    expect(errors).toContain('Expected a run of zoo train in');
  });

  it('is held against others', async () => {
    const compared = await zoo('compare', output, output, '--report', place('comparison.html'), '--json');
    expect(compared.status).toBe(0);
    const [first, second] = JSON.parse(compared.output) as {
      run: string;
      epochs: number;
      valAccuracy: number;
    }[];
    expect(first).toMatchObject({ run: output, epochs: 10 });
    expect(first).toEqual(second);
    expect(await readFile(place('comparison.html'), 'utf8')).toContain('Validation accuracy');
    expect((await zoo('compare', output)).output).toMatch(
      /^run +epochs +best +val accuracy +last loss +minutes\n/,
    );
    const { status, errors } = await zoo('compare', output, place('pictures'));
    expect({ status, isTold: errors.includes('Expected a checkpoint in') }).toEqual({
      status: 1,
      isTold: true,
    });
  });

  it('refuses to resume for fewer epochs than the run has', async () => {
    const argv = ['train', pictures, '--output', output, '--resume', '--epochs', '3'];
    const { status, errors } = await zoo(...argv);
    expect(status).toBe(1);
    expect(errors).toContain("Expected at least the run's own 10 for `--epochs` but received 3.");
  });

  it('refuses to go on when a class folder has another name, and says which', async () => {
    const renamed = await writePictureFolder(place('renamed'), { count: 20 });
    const at = ['--output', place('renamed-run')];
    expect((await zoo('train', renamed, ...SMALL_RUN, '--epochs', '1', ...at)).status).toBe(0);
    await rename(join(renamed, 'red'), join(renamed, 'a-red'));
    const { status, errors } = await zoo(
      'train',
      renamed,
      ...at,
      '--resume',
      '--epochs',
      '2',
      '--engine',
      'wasm',
    );
    expect(status).toBe(1);
    expect(errors).toMatch(
      /The data set has changed since the run began: `train\.classNames` was \["blue".*"a-red"/,
    );
    expect(errors).not.toContain('allowChanges');
  });

  it('refuses a folder that another run is using', async () => {
    const lock = await lockRun(place('busy'));
    const { status, errors } = await zoo('train', pictures, ...SMALL_RUN, '--output', place('busy'));
    expect(status).toBe(1);
    expect(errors).toMatch(/Another run \(process \d+\) is using .*busy\. Wait until it has ended/);
    await lock.release();
  });

  it('refuses to resume with another setting', async () => {
    const { status, errors } = await zoo(
      'train',
      pictures,
      '--output',
      output,
      '--resume',
      '--batch-size',
      '4',
    );
    expect(status).toBe(1);
    expect(errors).toContain("Expected the run's own value 8 for `--batch-size` but received 4.");
  });

  it('leaves a checkpoint and the command to go on when it is interrupted', async () => {
    const interrupted: RecordedIo = recordedIo({
      onError: (text) => {
        if (text.startsWith('Epoch 1/')) interrupted.interrupt();
      },
    });
    const argv = ['train', pictures, ...SMALL_RUN, '--epochs', '2', '--output', place('stopped')];
    expect(await run(argv, interrupted)).toBe(130);
    expect(interrupted.errors()).toContain(
      `Go on with: zoo train ${pictures} --output ${place('stopped')} --resume`,
    );
    const resumed = await zoo(
      'train',
      pictures,
      '--output',
      place('stopped'),
      '--resume',
      '--engine',
      'wasm',
    );
    expect({ status: resumed.status, epochs: resumed.errors.match(/^Epoch \d\/2/gm) }).toEqual({
      status: 0,
      epochs: ['Epoch 2/2'],
    });
  });

  it('starts from the weights of a Keras file and keeps frozen layers', async () => {
    const keras = place('weights.h5');
    expect((await zoo('export', output, keras)).status).toBe(0);
    const argv = ['--weights', keras, '--freeze', 'backbone', '--epochs', '1', '--output', place('tuned')];
    const { status, errors } = await zoo('train', pictures, ...SMALL_RUN, ...argv);
    expect(status).toBe(0);
    expect(errors).toMatch(
      /^weights: .*weights\.h5, resnet20; its classifier too, which has the same classes$/m,
    );
    const [before, after] = [
      await loadLayersModel(join(output, 'model')),
      await loadLayersModel(place('tuned', 'model')),
    ];
    const kernelOf = (model: tfl.LayersModel, layer: string) =>
      model.getLayer(layer).getWeights()[0]!.dataSync();
    const kernels = ['conv1_conv', 'predictions'].map((layer) => [
      kernelOf(before, layer),
      kernelOf(after, layer),
    ]);
    before.dispose();
    after.dispose();
    expect(kernels[0]![1]).toEqual(kernels[0]![0]);
    expect(kernels[1]![1]).not.toEqual(kernels[1]![0]);
  });

  it.each([
    { variant: 'keras', stem: 'imagenet' },
    { variant: 'idenprof', stem: 'imagenetSame' },
  ] as const)(
    'builds the network of a file of weights alone, %j, whatever it would build itself',
    async (options) => {
      const file = place(`${options.variant}.safetensors`);
      const source = createResnet('resnet10', { ...options, classes: 3, inputShape: [32, 32, 3] });
      await saveSafetensors(source, file);
      const argv = ['--weights', file, '--freeze', 'backbone', '--epochs', '1', '--engine', 'wasm'];
      const tuned = place(`tuned-${options.variant}`);
      const { status, errors } = await zoo(
        'train',
        pictures,
        ...argv,
        '--image-size',
        '32',
        '--output',
        tuned,
      );
      expect({ status, errors }).toMatchObject({ status: 0 });
      const trained = await loadLayersModel(join(tuned, 'model'));
      const [expected, found] = [source, trained].map((model) =>
        tf.tidy(() => {
          const maps = features(model, ['stage4']).predict(
            tf.reshape(tf.linspace(0, 1, 3072), [1, 32, 32, 3]),
          );
          return (maps as tf.Tensor).dataSync();
        }),
      );
      expect(found).toEqual(expected);
      source.dispose();
      trained.dispose();
    },
  );

  it.each([
    [['nowhere'], /nowhere to be a folder of pictures but there is no such folder/],
    [['PICTURES', '--model', 'resnet19'], /Did you mean 'resnet1\d'\?/],
    [['PICTURES', '--engine', 'wsm'], /for `--engine` but received "wsm"\. Did you mean 'wasm'\?/],
    [
      ['PICTURES', '--optimizer', 'adam', '--weight-decay', '0.1'],
      /no value with --optimizer adam for `--weight-decay` .* an option of sgd, keras-sgd, adamw/,
    ],
    [['PICTURES', '--resume'], /there is no checkpoint\. Leave out --resume/],
    [['PICTURES', '--freeze', 'conv1_conv'], /give --weights too/],
    [['PICTURES', '--weights', 'none.h5'], /for `--weights` but received ".*none\.h5"/],
    [['PICTURES', '--weights', 'RUN', '--freeze', 'stage99'], /for `--freeze` but received "stage99"/],
  ])('answers %j with one sentence, status 1 and nothing written', async (argv, sentence) => {
    const places: Record<string, string> = { PICTURES: pictures, RUN: output };
    const given = argv.map((word) => places[word] ?? word);
    const { status, output: printed, errors } = await zoo('train', ...given, '--output', place('failed'));
    expect({ status, printed }).toEqual({ status: 1, printed: '' });
    expect(errors).toMatch(sentence);
    expect(errors).not.toContain('    at ');
    expect(existsSync(place('failed'))).toBe(false);
  });

  it('ends with status 1 at a loss that is not finite, names the layer, and leaves nothing behind', async () => {
    const argv = [...SMALL_RUN, '--learning-rate', '1e9', '--epochs', '1', '--output', place('diverged')];
    const { status, output: printed, errors } = await zoo('train', pictures, ...argv);
    expect({ status, printed }).toEqual({ status: 1, printed: '' });
    expect(errors).toMatch(
      /The loss of step \d+, in epoch 1, is NaN at a learning rate of \S+\. .* layer '\w+' \(\w+\)\. .*There was no checkpoint yet\./,
    );
    expect(existsSync(place('diverged'))).toBe(false);
  });

  it('refuses a validation set with a class of its own', async () => {
    const other = await writePictureFolder(place('other'), { count: 1 });
    await rename(join(other, 'red'), join(other, 'violet'));
    const { status, errors } = await zoo(
      'train',
      pictures,
      '--validation',
      other,
      '--output',
      place('failed'),
    );
    expect(status).toBe(1);
    expect(errors).toContain("to be among 'blue', 'green', 'red' but it also has 'violet'");
  });
});
