import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs';
import { modelMetadata, PIXEL_NORMALIZATIONS } from '@zoo/core';
import { saveKerasH5 } from '@zoo/weights/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { cifarResnet, type PretrainedEntry, pretrainedEntries } from '../src';
import { layerNameOf } from '../src/catalogue';
import { downloadVerified, identifyWeights, pretrained, pretrainedEntry } from '../src/node';

const CONTENT = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 31) % 251));
const HASH = { algorithm: 'sha256', digest: createHash('sha256').update(CONTENT).digest('hex') } as const;

let server: Server;
let url: string;
let directory: string;
/** What the server does with each request, in order; then it serves the content whole. */
let behaviours: ('break' | 'refuse' | 'wrong')[] = [];
let requests: (string | undefined)[] = [];
let served: Buffer = CONTENT;

beforeAll(async () => {
  await tf.setBackend('cpu');
  server = createServer((request, response) => {
    const { range } = request.headers;
    requests.push(range);
    const behaviour = behaviours.shift();
    if (behaviour === 'refuse') {
      response.writeHead(404).end();
      return;
    }
    const from = range === undefined ? 0 : Number(/bytes=(\d+)-/.exec(range)![1]);
    const body = behaviour === 'wrong' ? Buffer.from('something else') : served.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length });
    if (behaviour !== 'break') {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights.h5`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zoo-pretrained-'));
  [behaviours, requests, served] = [[], [], CONTENT];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const target = (): string => join(directory, 'cache', 'weights.h5');

describe('downloadVerified', () => {
  it('fetches once, tells its progress and leaves the file alone', async () => {
    const progress: number[] = [];
    await downloadVerified(url, target(), HASH, {
      onProgress: ({ receivedBytes, totalBytes }) => {
        expect(totalBytes).toBe(CONTENT.length);
        progress.push(receivedBytes);
      },
    });
    expect(progress.at(-1)).toBe(CONTENT.length);
    expect(await readFile(target())).toEqual(CONTENT);
    expect(await readdir(join(directory, 'cache'))).toEqual(['weights.h5']);
    await downloadVerified(url, target(), HASH);
    expect(requests).toHaveLength(1);
  });

  it('resumes where a download broke off', async () => {
    behaviours = ['break'];
    await expect(downloadVerified(url, target(), HASH)).rejects.toThrow(/broke off after \d+ bytes.*resumes/);
    await downloadVerified(url, target(), HASH);
    expect(requests[1]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(await readFile(target())).toEqual(CONTENT);
  });

  it('neither keeps nor accepts a file of another hash', async () => {
    behaviours = ['wrong'];
    await expect(downloadVerified(url, target(), HASH)).rejects.toThrow(/whose sha256 is not/);
    expect(await readdir(join(directory, 'cache'))).toEqual([]);
  });

  it('says so where the server refuses or is not there', async () => {
    behaviours = ['refuse'];
    await expect(downloadVerified(url, target(), HASH)).rejects.toThrow(/answered with status 404/);
    await expect(downloadVerified('http://127.0.0.1:9/weights.h5', target(), HASH)).rejects.toThrow(
      /could not be reached/,
    );
    expect(await readdir(join(directory, 'cache'))).toEqual([]);
  });

  it('downloads once for two that want the file at one time', async () => {
    await Promise.all([downloadVerified(url, target(), HASH), downloadVerified(url, target(), HASH)]);
    expect(requests).toHaveLength(1);
    expect(await readFile(target())).toEqual(CONTENT);
  });

  it('stops when told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(downloadVerified(url, target(), HASH, { signal })).rejects.toThrow('enough');
  });
});

describe('pretrained', () => {
  /** A small net's file, as an entry of its own. */
  async function smallEntry(): Promise<{ entry: PretrainedEntry; model: tf.LayersModel; path: string }> {
    const model = cifarResnet(20, { seed: 1 });
    const path = join(directory, 'resnet20.h5');
    await saveKerasH5(model, path);
    served = await readFile(path);
    const digest = createHash('md5').update(served).digest('hex');
    const entry: PretrainedEntry = {
      name: 'resnet20.test',
      architecture: 'resnet20',
      variant: 'torchvision',
      includeTop: true,
      url,
      fileName: 'resnet20_weights.h5',
      hash: { algorithm: 'md5', digest },
      layout: 'keras',
      normalization: 'torch',
      imageSize: 32,
      licence: 'MIT',
    };
    return { entry, model, path };
  }

  function expectEqualOutputs(left: tf.LayersModel, right: tf.LayersModel): void {
    tf.tidy(() => {
      const picture = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 1);
      const difference = tf.sub(left.predict(picture) as tf.Tensor, right.predict(picture) as tf.Tensor);
      expect(tf.max(tf.abs(difference)).dataSync()[0]).toBe(0);
    });
  }

  it('downloads, loads by name and says what pixels the weights read', async () => {
    const { entry, model } = await smallEntry();
    const options = { cacheDirectory: join(directory, 'zoo'), kerasDirectory: join(directory, 'keras') };
    const loaded = await pretrained(entry, options);
    expectEqualOutputs(model, loaded);
    expect(modelMetadata(loaded)).toMatchObject({
      architecture: 'resnet20',
      imageSize: [32, 32],
      normalization: PIXEL_NORMALIZATIONS.torch,
    });
    for (const each of [model, loaded]) each.dispose();
  });

  it("takes the file from Keras' cache if its hash is right, and never one of the same name that is another", async () => {
    const { entry, model } = await smallEntry();
    const [cacheDirectory, kerasDirectory] = [join(directory, 'zoo'), join(directory, 'keras')];
    await mkdir(kerasDirectory);
    await writeFile(join(kerasDirectory, entry.fileName), served);
    const loaded = await pretrained(entry, { cacheDirectory, kerasDirectory });
    expect(requests).toHaveLength(0);
    await writeFile(join(kerasDirectory, entry.fileName), 'the other ResNet-50');
    const again = await pretrained(entry, { cacheDirectory, kerasDirectory });
    expect(requests).toHaveLength(1);
    for (const each of [model, loaded, again]) each.dispose();
  });

  it('leaves the classifier out if told to', async () => {
    const { entry, model } = await smallEntry();
    const options = {
      cacheDirectory: directory,
      kerasDirectory: directory,
      includeTop: false,
      pooling: 'avg',
    } as const;
    const loaded = await pretrained(entry, options);
    expect(loaded.outputs[0]!.shape).toEqual([null, 64]);
    for (const each of [model, loaded]) each.dispose();
  });

  it('suggests the nearest of the names it knows', async () => {
    await expect(pretrained('resnet50.keras_in2k')).rejects.toThrow(/Did you mean 'resnet50.keras_in1k'\?/);
  });
});

describe('the catalogue', () => {
  it('has every published file once, by name and by hash', () => {
    const entries = pretrainedEntries();
    expect(entries).toHaveLength(6 * 2 + 2 + 2 * 2 + 8);
    for (const key of [(e: PretrainedEntry) => e.name, (e: PretrainedEntry) => e.hash.digest]) {
      expect(new Set(entries.map(key)).size).toBe(entries.length);
    }
  });

  it('takes a bare architecture for Keras’ weights, or torchvision’s where Keras has none', () => {
    expect(pretrainedEntry('resnet50').name).toBe('resnet50.keras_in1k');
    expect(pretrainedEntry('resnet18').name).toBe('resnet18.tv_in1k');
  });

  it('tells the two ResNet-50 files of one name apart by hash and knows no other', async () => {
    const [keras, chollet] = ['resnet50.keras_in1k', 'resnet50.chollet_in1k'].map(pretrainedEntry);
    expect(chollet!.fileName).toBe(keras!.fileName);
    expect(chollet!.hash).not.toEqual(keras!.hash);
    const path = join(directory, keras!.fileName);
    await writeFile(path, 'neither');
    expect(await identifyWeights(path)).toBeUndefined();
  });

  it.each([
    ['chollet', 'conv1', 'conv1_conv'],
    ['chollet', 'bn_conv1', 'conv1_bn'],
    ['chollet', 'res2a_branch1', 'conv2_block1_0_conv'],
    ['chollet', 'bn4f_branch2c', 'conv4_block6_3_bn'],
    ['chollet', 'fc1000', 'predictions'],
    ['qubvel', 'bn_data', 'data_bn'],
    ['qubvel', 'stage1_unit1_sc', 'conv2_block1_0_conv'],
    ['qubvel', 'stage4_unit2_bn1', 'conv5_block2_preact_bn'],
    ['qubvel', 'bn1', 'post_bn'],
    ['keras', 'conv2_block1_0_conv', 'conv2_block1_0_conv'],
  ] as const)('calls the layer that a %s file calls %s %s', (layout, theirs, ours) => {
    expect(layerNameOf(layout, theirs)).toBe(ours);
  });
});
