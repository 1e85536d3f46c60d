import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import { modelMetadata, PIXEL_NORMALIZATIONS, updateModelMetadata } from '@zoo/core';
import { createResnet } from '@zoo/resnet';
import { loadLayersModel, saveLayersModel } from '@zoo/weights/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { type HubServer, startHubServer } from '../../../test-support/hub-server';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { writePictureFolder } from './picture-folder';
import { zoo } from './zoo';

const NAME = 'hf:user/small';
const FILES = ['README.md', 'config.json', 'model.safetensors'];

const place = temporaryDirectory('suite');
let hub: HubServer;
let pictures: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  hub = await startHubServer();
  pictures = await writePictureFolder(place('pictures'), { count: 3 });
  const model = createResnet('test_resnet', { inputShape: [32, 32, 3], classes: 3, seed: 1 });
  updateModelMetadata(model, {
    classNames: ['blue', 'green', 'red'],
    preprocessing: { imageSize: [32, 32], normalization: PIXEL_NORMALIZATIONS.torch, resize: 'bicubic' },
  });
  await saveLayersModel(model, place('model'));
  model.dispose();
});
afterAll(() => {
  hub.close();
});
beforeEach(() => {
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  vi.stubEnv('HF_HUB_CACHE', place('cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('zoo export --hub', () => {
  it('writes a folder for the Hub, which the next commands read from there', async () => {
    const { status, errors } = await zoo(
      'export',
      place('model'),
      place('folder'),
      '--hub',
      '--license',
      'mit',
    );
    expect([status, errors]).toEqual([0, '']);
    expect((await readdir(place('folder'))).sort()).toEqual(FILES);
    expect(JSON.parse(await readFile(place('folder', 'config.json'), 'utf8'))).toMatchObject({
      architecture: 'test_resnet',
      num_classes: 3,
      label_names: ['blue', 'green', 'red'],
      pretrained_cfg: {
        ...{ input_size: [3, 32, 32], interpolation: 'bicubic', crop_mode: 'squash', crop_pct: 1 },
        ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], license: 'mit' },
      },
    });
    for (const name of FILES) hub.files.set(`user/small/${name}`, await readFile(place('folder', name)));
  });

  it('refuses a network that timm does not have, and says what to train', async () => {
    const model = createResnet('resnet20', { kernelInitializer: 'zeros' });
    updateModelMetadata(model, { preprocessing: { normalization: PIXEL_NORMALIZATIONS.torch } });
    await saveLayersModel(model, place('cifar'));
    model.dispose();
    const { status, errors } = await zoo('export', place('cifar'), place('other'), '--hub');
    expect([status, errors]).toEqual([
      1,
      expect.stringMatching(
        /a network that timm has.*Train one with `--variant torchvision` and `--stem imagenet`/,
      ),
    ]);
    expect(existsSync(place('other'))).toBe(false);
    expect((await zoo('export', place('model'), 'a.h5', '--license', 'mit')).errors).toMatch(
      /--hub beside it/,
    );
  });
});

describe('a model of the Hub', () => {
  it('classifies pictures as the model that was written there', async () => {
    const [there, here] = [NAME, place('model')].map((model) => zoo('predict', model, pictures, '--json'));
    const [answer, expected] = [await there!, await here!];
    expect(answer.errors).toContain(`${NAME}: downloading`);
    const probabilities = ({ output }: typeof answer) =>
      (JSON.parse(output) as { predictions: { className: string; probability: number }[] }[]).flatMap(
        ({ predictions }) => predictions,
      );
    expect(probabilities(answer)).toHaveLength(27);
    for (const [index, each] of probabilities(answer).entries()) {
      const { className, probability } = probabilities(expected)[index]!;
      expect(each.className).toBe(className);
      expect(each.probability).toBeCloseTo(probability, 5);
    }
  });

  it('is imported with its classes and how it reads pictures', async () => {
    const { status } = await zoo('import', NAME, '--output', place('imported'));
    expect(status).toBe(0);
    const model = await loadLayersModel(place('imported'));
    expect(modelMetadata(model)).toMatchObject({ classNames: ['blue', 'green', 'red'] });
    model.dispose();
  });

  it('is where training begins, and the run goes back to the Hub with what it reached', async () => {
    const output = place('run');
    const settings = [
      '--epochs',
      '1',
      '--batch-size',
      '3',
      '--engine',
      'wasm',
      '--threads',
      '1',
      '--validation',
      pictures,
    ];
    const trained = await zoo('train', pictures, '--weights', NAME, ...settings, '--output', output);
    expect(trained.status, trained.errors).toBe(0);
    expect(trained.errors).toContain(`weights: ${NAME}, test_resnet`);
    const { status, errors } = await zoo('export', output, place('again'), '--hub');
    expect([status, errors]).toEqual([0, '']);
    expect(await readFile(place('again', 'README.md'), 'utf8')).toMatch(/\| validation accuracy \| [01]/);
  });

  it('is told about without its weights: network, pixels, classes and licence', async () => {
    const requested = hub.requests.length;
    const { status, output } = await zoo('models', NAME);
    expect(status).toBe(0);
    expect(output).toMatch(/^model of the Hub +network +pixels +and larger +classes +licence$/m);
    expect(output).toMatch(/^hf:user\/small +test_resnet +32 +3 +mit$/m);
    expect(hub.requests.slice(requested).every(({ path }) => path.endsWith('config.json'))).toBe(true);
    const json = await zoo('models', NAME, '--json');
    expect(JSON.parse(json.output)).toMatchObject([{ name: NAME, licence: 'mit', classes: 3 }]);
    expect((await zoo('models', 'resnet50')).errors).toMatch(/a model of the Hugging Face Hub.*zoo summary/);
    expect((await zoo('models', NAME, '--sort', 'top1')).errors).toMatch(/none beside a filter or an order/);
  });

  it('that there is not is told in one sentence', async () => {
    const { status, errors } = await zoo('predict', 'hf:user/absent', pictures);
    expect([status, errors]).toEqual([1, expect.stringMatching(/there is none, or it is private/)]);
  });
});
