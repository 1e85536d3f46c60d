import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import { modelMetadata, PIXEL_NORMALIZATIONS } from '@zoo/core';
import { createResnet, type PretrainedEntry } from '@zoo/resnet';
import { IMAGENET_CLASS_INDEX } from '@zoo/resnet/imagenet';
import { loadLayersModel, saveKerasH5 } from '@zoo/weights/node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { writePictureFolder } from './picture-folder';
import { zoo } from './zoo';

const catalogue = vi.hoisted(() => ({ entries: [] as PretrainedEntry[] }));
vi.mock(import('@zoo/resnet/catalogue'), async (importOriginal) => ({
  ...(await importOriginal()),
  pretrainedEntries: () => catalogue.entries,
}));

const place = temporaryDirectory('suite');
let pictures: string;
let server: Server;

/** A net of random weights whose file the server has, as an entry of the catalogue. */
async function publish(architecture: string, imageSize: number): Promise<PretrainedEntry> {
  const model = createResnet(architecture, { variant: 'torchvision', seed: 1 });
  const fileName = `${architecture}.h5`;
  await saveKerasH5(model, place(fileName));
  model.dispose();
  const { port } = server.address() as AddressInfo;
  return {
    name: `${architecture}.test_in1k`,
    architecture,
    variant: 'torchvision',
    includeTop: true,
    url: `http://127.0.0.1:${port}/${fileName}`,
    fileName,
    hash: {
      algorithm: 'md5',
      digest: createHash('md5')
        .update(await readFile(place(fileName)))
        .digest('hex'),
    },
    layout: 'keras',
    normalization: 'tf',
    imageSize,
    licence: 'MIT',
  };
}

beforeAll(async () => {
  vi.stubEnv('ZOO_CACHE_DIRECTORY', place('cache'));
  vi.stubEnv('KERAS_HOME', place('keras'));
  server = createServer((request, response) => {
    createReadStream(place(basename(request.url!))).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await tf.setBackend('cpu');
  catalogue.entries = [await publish('resnet20', 32), await publish('resnet10', 224)];
  pictures = await writePictureFolder(place('pictures'), { count: 8, size: 32 });
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

describe('published weights by name', () => {
  it('classify pictures in ImageNet’s words; the download is told of once', async () => {
    const picture = join(pictures, 'red', 'red-0.png');
    const argv = ['predict', 'resnet10.test_in1k', picture, '--top', '2', '--engine', 'wasm'];
    const first = await zoo(...argv);
    expect(first.status).toBe(0);
    expect(first.errors).toContain(`resnet10.test_in1k: downloading ${catalogue.entries[1]!.url}`);
    const names = first.output
      .trim()
      .split('\n')
      .map((line) => line.split(' : ')[0]);
    expect(names).toHaveLength(2);
    for (const name of names) expect(IMAGENET_CLASS_INDEX.map(([, each]) => each)).toContain(name);
    const second = await zoo(...argv);
    expect([second.output, second.errors.includes('downloading')]).toEqual([first.output, false]);
  });

  it('are imported with what they say of their pixels', async () => {
    expect((await zoo('import', 'resnet20.test_in1k', '--output', place('imported'))).status).toBe(0);
    const model = await loadLayersModel(place('imported'));
    expect(modelMetadata(model)).toMatchObject({
      preprocessing: { normalization: PIXEL_NORMALIZATIONS.tf, imageSize: [32, 32] },
    });
    model.dispose();
  });

  it('begin a training, with their own net, variant, pixels and size', async () => {
    const argv = [
      '--weights',
      'resnet20.test_in1k',
      '--freeze',
      'backbone',
      '--epochs',
      '1',
      '--batch-size',
      '4',
    ];
    const run = await zoo('train', pictures, ...argv, '--engine', 'wasm', '--output', place('run'));
    expect(run.status).toBe(0);
    expect(run.errors).toContain('weights: resnet20.test_in1k, resnet20; the classifier begins from scratch');
    const settings = JSON.parse(await readFile(place('run', 'settings.json'), 'utf8')) as object;
    expect(settings).toMatchObject({
      model: 'resnet20',
      variant: 'torchvision',
      normalization: 'tf',
      imageSize: [32, 32],
      weights: 'resnet20.test_in1k',
    });
    const [trained, imported] = [
      await loadLayersModel(place('run', 'model')),
      await loadLayersModel(place('imported')),
    ];
    const kernels = [trained, imported].map((model) =>
      model.getLayer('conv1_conv').getWeights()[0]!.dataSync(),
    );
    expect(kernels[0]).toEqual(kernels[1]);
    expect(trained.outputs[0]!.shape).toEqual([null, 3]);
    for (const model of [trained, imported]) model.dispose();
  });

  it('are refused for another network, in a sentence', async () => {
    const argv = ['--model', 'resnet32', '--weights', 'resnet20.test_in1k', '--output', place('other')];
    const { status, errors } = await zoo('train', pictures, ...argv, '--engine', 'wasm');
    expect(status).toBe(1);
    expect(errors).toMatch(
      /Expected resnet20, the network that the weights are of, for `--model` but received "resnet32"/,
    );
  });
});
