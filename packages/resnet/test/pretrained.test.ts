import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, PIXEL_NORMALIZATIONS } from '@zoo/core';
import { saveKerasH5, saveSafetensors } from '@zoo/weights/node';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';

import { startFileServer, type FileServer } from '../../../test-support/file-server';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { cifarResnet, createResnet, pretrained, type PretrainedEntry, resnet50 } from '../src';

let server: FileServer;
const place = temporaryDirectory();
/** A small net, its file on the server and on the disk, and the entry that describes it. */
let original: tfl.LayersModel;
let bytes: Buffer;
let entry: PretrainedEntry;

beforeAll(async () => {
  await tf.setBackend('cpu');
  server = await startFileServer();
  original = cifarResnet(20, { seed: 1 });
  await saveKerasH5(original, place('resnet20.h5'));
  bytes = await readFile(place('resnet20.h5'));
  entry = {
    name: 'resnet20.test',
    architecture: 'resnet20',
    variant: 'torchvision',
    includeTop: true,
    url: server.url,
    fileName: 'resnet20_weights.h5',
    hash: { algorithm: 'md5', digest: createHash('md5').update(bytes).digest('hex') },
    layout: 'keras',
    normalization: 'torch',
    imageSize: 32,
    licence: 'MIT',
  };
});
afterAll(() => {
  original.dispose();
  server.close();
});

beforeEach(() => {
  Object.assign(server, { behaviours: [], requests: [], content: bytes });
});

const places = (): { cacheDirectory: string; kerasDirectory: string } => ({
  cacheDirectory: place('zoo'),
  kerasDirectory: place('keras'),
});

function expectOriginal(model: tfl.LayersModel): void {
  tf.tidy(() => {
    const picture = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 1);
    const difference = tf.sub(original.predict(picture) as tf.Tensor, model.predict(picture) as tf.Tensor);
    expect(tf.max(tf.abs(difference)).dataSync()[0]).toBe(0);
  });
}

describe('a builder with published weights', () => {
  it('downloads them, loads by name and says what pixels they read', async () => {
    const model = await cifarResnet(20, { weights: entry, ...places() });
    expectOriginal(model);
    expect(modelMetadata(model)).toMatchObject({
      architecture: 'resnet20',
      preprocessing: { imageSize: [32, 32], normalization: PIXEL_NORMALIZATIONS.torch },
    });
    model.dispose();
  });

  it("takes the file from Keras' cache if its hash is right, and never one of the same name that is another", async () => {
    const { kerasDirectory } = places();
    await mkdir(kerasDirectory);
    await writeFile(join(kerasDirectory, entry.fileName), bytes);
    (await cifarResnet(20, { weights: entry, ...places() })).dispose();
    expect(server.requests).toHaveLength(0);
    await writeFile(join(kerasDirectory, entry.fileName), 'the other ResNet-50');
    const model = await cifarResnet(20, { weights: entry, ...places() });
    expect(server.requests).toHaveLength(1);
    expectOriginal(model);
    model.dispose();
  });

  it('leaves the classifier out if told to, and takes the other options', async () => {
    const options = { weights: entry, includeTop: false, pooling: 'avg', name: 'mine', ...places() } as const;
    const model = await createResnet('resnet20', options);
    expect([model.name, model.outputs[0]!.shape]).toEqual(['mine', [null, 64]]);
    model.dispose();
  });

  it('refuses what does not fit before anything is downloaded', async () => {
    await expect(cifarResnet(20, { weights: entry, classes: 5, ...places() })).rejects.toThrow(
      /Expected 10, .*`classes` but received 5/,
    );
    await expect(cifarResnet(32, { weights: entry, ...places() })).rejects.toThrow(
      /Expected weights of resnet32/,
    );
    expect(server.requests).toEqual([]);
  });

  it('keeps no tensor and no file if the download is of other content', async () => {
    server.behaviours = ['wrong'];
    await expect(cifarResnet(20, { weights: entry, ...places() })).rejects.toThrow(/whose md5 is not/);
    expect(await readdir(place('zoo', 'weights', entry.name))).toEqual([]);
  });

  it('tells of the download and stops when told to', async () => {
    const controller = new AbortController();
    const options = {
      signal: controller.signal,
      onProgress: () => {
        controller.abort(new Error('enough'));
      },
    };
    await expect(cifarResnet(20, { weights: entry, ...places(), ...options })).rejects.toThrow('enough');
  });

  it('with `weights: null` is there at once; the types say so', () => {
    const random = () => resnet50({ weights: null, kernelInitializer: 'zeros' });
    expectTypeOf(random).returns.toEqualTypeOf<tfl.LayersModel>();
    const either = (weights: string | null) => resnet50({ weights, includeTop: false });
    expectTypeOf(either).returns.toEqualTypeOf<tfl.LayersModel | Promise<tfl.LayersModel>>();
    const imagenet = () => resnet50({ weights: 'imagenet' });
    expectTypeOf(imagenet).returns.toEqualTypeOf<Promise<tfl.LayersModel>>();
    const bare = () => resnet50();
    expectTypeOf(bare).returns.toEqualTypeOf<tfl.LayersModel>();
  });
});

describe('a builder with a file of weights', () => {
  it('loads a Keras file and safetensors by the ending of its path', async () => {
    const [h5, safetensors] = [place('a.h5'), place('a.safetensors')];
    await writeFile(h5, bytes);
    await saveSafetensors(original, safetensors);
    for (const weights of [h5, safetensors, server.url]) {
      const model = await cifarResnet(20, { weights });
      expectOriginal(model);
      model.dispose();
    }
  });

  it('leaks nothing where the file is absent or belongs to another net', async () => {
    const weights = place('a.h5');
    await expect(cifarResnet(20, { weights })).rejects.toThrow(/Expected a readable file at .*a\.h5/);
    await writeFile(weights, bytes);
    await expect(cifarResnet(32, { weights })).rejects.toThrow(/conv2_block4_1_conv/);
    await expect(cifarResnet(20, { weights, classes: 5 })).rejects.toThrow(/predictions/);
  });
});

describe('pretrained', () => {
  it('builds the net that the weights belong to', async () => {
    const model = await pretrained(entry, places());
    expectOriginal(model);
    model.dispose();
  });

  it('suggests the nearest of the names it knows', async () => {
    await expect(pretrained('resnet50.keras_in2k')).rejects.toThrow(/Did you mean 'resnet50.keras_in1k'\?/);
  });
});
