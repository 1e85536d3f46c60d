import { createHash } from 'node:crypto';
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata } from '@zoo/core';
import { torchTensors, writeSafetensors } from '@zoo/weights';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { type HubServer, startHubServer } from '../../../test-support/hub-server';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, describeHubModel, pretrained } from '../src';
import { timmModuleName } from '../src/hub/timm-names';

const TIMM_CONFIG = {
  architecture: 'test_resnet',
  num_classes: 3,
  label_names: ['n01', 'n02', 'n03'],
  label_descriptions: { n01: 'tench', n02: 'goldfish', n03: 'shark' },
  pretrained_cfg: {
    tag: 'r160_in1k',
    input_size: [3, 64, 64],
    test_input_size: [3, 96, 96],
    interpolation: 'bicubic',
    crop_pct: 0.95,
    test_crop_pct: 1,
    crop_mode: 'center',
    mean: [0.5, 0.4, 0.3],
    std: [0.2, 0.3, 0.4],
    license: 'apache-2.0',
  },
};

const place = temporaryDirectory();
let hub: HubServer;
let original: tfl.LayersModel;
let weights: Buffer;

beforeAll(async () => {
  await tf.setBackend('cpu');
  hub = await startHubServer();
  original = createResnet('test_resnet', { classes: 3, inputShape: [64, 64, 3], seed: 1 });
  weights = Buffer.from(await asTimm(original));
});
afterAll(() => {
  original.dispose();
  hub.close();
});
beforeEach(() => {
  hub.files.clear();
  hub.tokens.clear();
  hub.requests.length = 0;
  Object.assign(hub, { commit: 'a'.repeat(40), breakAfter: undefined, status: undefined });
  publish('timm/test_resnet.r160_in1k', TIMM_CONFIG, weights);
  vi.stubEnv('HF_ENDPOINT', `${hub.endpoint}/`);
  vi.stubEnv('HF_HOME', place('hf'));
  for (const name of ['HF_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE']) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function asTimm(model: tfl.LayersModel): Promise<Uint8Array> {
  const layers = new Set(model.layers.filter((layer) => layer.weights.length > 0).map(({ name }) => name));
  return writeSafetensors(await torchTensors(model, (name) => timmModuleName(name, 'test_resnet', layers)));
}

function publish(id: string, config: object, content: Buffer, fileName = 'model.safetensors'): void {
  hub.files.set(`${id}/config.json`, Buffer.from(JSON.stringify(config)));
  hub.files.set(`${id}/${fileName}`, content);
}

function expectEqual(model: tfl.LayersModel, expected: tfl.LayersModel): void {
  tf.tidy(() => {
    const picture = tf.randomUniform([1, 64, 64, 3], 0, 1, 'float32', 1);
    const [one, other] = [model, expected].map((each) => each.predict(picture) as tf.Tensor);
    expect(tf.max(tf.abs(tf.sub(one!, other!))).dataSync()[0]).toBe(0);
  });
}

const NAME = 'hf:timm/test_resnet.r160_in1k';
const folder = (...parts: string[]): string =>
  place('hf', 'hub', 'models--timm--test_resnet.r160_in1k', ...parts);

describe('a model of the Hub in timm’s schema', () => {
  it('has its weights, the names of its classes and how it reads pictures', async () => {
    const model = await pretrained(NAME);
    expectEqual(model, original);
    expect(modelMetadata(model)).toMatchObject({
      architecture: 'test_resnet',
      licence: 'apache-2.0',
      classNames: ['tench', 'goldfish', 'shark'],
      preprocessing: {
        imageSize: [64, 64],
        resize: 'bicubic',
        aspect: 'resizeCrop',
        cropFraction: 0.95,
        normalization: {
          channelOrder: 'rgb',
          divisor: 255,
          mean: [0.5, 0.4, 0.3],
          standardDeviation: [0.2, 0.3, 0.4],
        },
      },
    });
    model.dispose();
  });

  it('built for the size that it was measured at crops as it was measured', async () => {
    const model = await pretrained(NAME, { inputShape: [96, 96, 3] });
    expect(model.inputs[0]!.shape).toEqual([null, 96, 96, 3]);
    expect(modelMetadata(model)?.preprocessing).toMatchObject({ imageSize: [96, 96], cropFraction: 1 });
    model.dispose();
  });

  it('comes without its classifier and the names of its classes if told to', async () => {
    const model = await pretrained(NAME, { includeTop: false, pooling: 'avg' });
    expect(model.outputs[0]!.shape).toEqual([null, 96]);
    expect(modelMetadata(model)?.classNames).toBeUndefined();
    model.dispose();
  });

  it('of an older flat configuration, with labels in it, is read too', async () => {
    const { pretrained_cfg: inner } = TIMM_CONFIG;
    const flat = { architecture: 'test_resnet', num_classes: 3, labels: ['a', 'b', 'c'], ...inner };
    publish('user/old', flat, weights);
    const model = await pretrained('hf:user/old');
    expect(modelMetadata(model)?.classNames).toEqual(['a', 'b', 'c']);
    model.dispose();
  });

  it.each([
    [{ architecture: 'vit_base_patch16_224' }, /describes 'vit_base_patch16_224'/],
    [{ model_args: { act_layer: 'silu' } }, /builds the network with `act_layer`/],
    [{ global_pool: 'avgmax' }, /pools by 'avgmax'/],
    [
      { pretrained_cfg: { ...TIMM_CONFIG.pretrained_cfg, interpolation: 'random' } },
      /resizes pictures by 'random'/,
    ],
    [
      { pretrained_cfg: { ...TIMM_CONFIG.pretrained_cfg, crop_mode: 'border' } },
      /crops pictures by 'border'/,
    ],
    [{ architecture: undefined, model_type: 'bert' }, /describes "bert"/],
    [{ label_names: ['one'] }, /Expected 3 class names/],
  ])('is refused, not guessed, where it says %j', async (change, message) => {
    publish('user/strange', { ...TIMM_CONFIG, ...change }, weights);
    await expect(pretrained('hf:user/strange')).rejects.toThrow(message);
    expect(hub.requests.some(({ path }) => path.includes('safetensors'))).toBe(false);
  });
});

describe('the licence of a model of the Hub', () => {
  const card = (...lines: string[]): void => {
    hub.files.set('user/halfway/README.md', Buffer.from([...lines, '# A model', 'license: none'].join('\n')));
  };
  beforeEach(() => {
    const silent = { ...TIMM_CONFIG.pretrained_cfg, license: undefined };
    publish('user/halfway', { ...TIMM_CONFIG, pretrained_cfg: silent }, weights);
  });
  const licence = async (): Promise<string | undefined> =>
    (await describeHubModel('hf:user/halfway')).licence;

  it.each([
    ['apache-2.0', ['---', 'language: en', 'license: apache-2.0', 'tags:', '- vision', '---']],
    ['mit', ['---\r', "license: 'mit' # as the code\r", '---\r']],
    ['my-own 1.0', ['---', 'license: other', 'license_name: "my-own 1.0"', '---']],
    ['other', ['---', 'license: other', '---']],
    ['mit, apache-2.0', ['---', 'license:', '- mit', '  - apache-2.0', 'tags:', '- vision', '---']],
    ['mit, apache-2.0', ['---', 'license: [mit, apache-2.0]', '---']],
  ])('is %s by its card %j', async (expected, lines) => {
    card(...lines);
    expect(await licence()).toBe(expected);
  });

  it.each([
    [[]],
    [['---', 'tags:', '- license: mit', '---']],
    [['---', 'license: mit']],
    [['---', 'license: "\u001b[31mred"', '---']],
    [['---', `license: ${'x'.repeat(200)}`, '---']],
  ])('is unknown where the card does not name it: %j', async (lines) => {
    card(...lines);
    expect(await licence()).toBeUndefined();
  });

  it('is unknown where there is no card, or it does not come', async () => {
    expect(await licence()).toBeUndefined();
    card('---', 'license: mit', '---');
    expect(await licence()).toBe('mit');
    // What was cached is taken.
    hub.status = 503;
    expect(await licence()).toBe('mit');
  });

  it('is the configuration’s first, and no card is asked for then', async () => {
    const description = await describeHubModel(NAME);
    expect(description).toMatchObject({
      name: NAME,
      architecture: 'test_resnet',
      classes: 3,
      channels: 3,
      classNames: ['tench', 'goldfish', 'shark'],
      licence: 'apache-2.0',
      test: { imageSize: [96, 96], cropFraction: 1 },
    });
    expect(hub.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['config.json', 'config.json']);
  });
});

describe('a model of the Hub in transformers’ schema', () => {
  it('is built by its weights, with labels and its processor’s pictures', async () => {
    const model = createResnet('resnet10', { variant: 'torchvision', classes: 2, seed: 2 });
    const tensors = await torchTensors(model, transformersName);
    model.dispose();
    const id2label = { 1: 'dog', 0: 'cat' };
    publish('user/resnet-10', { model_type: 'resnet', id2label }, Buffer.from(writeSafetensors(tensors)));
    const processor = {
      feature_extractor_type: 'ConvNextFeatureExtractor',
      ...{ crop_pct: 0.875, resample: 3, size: 224 },
      ...{ image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] },
    };
    hub.files.set('user/resnet-10/preprocessor_config.json', Buffer.from(JSON.stringify(processor)));
    const loaded = await pretrained('hf:user/resnet-10');
    expect(modelMetadata(loaded)?.licence).toBeUndefined();
    expect(modelMetadata(loaded)).toMatchObject({
      architecture: 'resnet10',
      architectureOptions: { variant: 'torchvision' },
      classNames: ['cat', 'dog'],
      preprocessing: { imageSize: [224, 224], resize: 'bicubic', aspect: 'resizeCrop', cropFraction: 0.875 },
    });
    loaded.dispose();
  });

  it('whose first stage halves is refused', async () => {
    publish('user/halving', { model_type: 'resnet', downsample_in_first_stage: true }, weights);
    await expect(pretrained('hf:user/halving')).rejects.toThrow(/halves feature maps in the first stage/);
  });
});

function transformersName(layer: string): string {
  if (layer === 'predictions') return 'classifier.1';
  const kind = layer.endsWith('bn') ? 'normalization' : 'convolution';
  const [, stage, block, index] = /^conv(\d)_block(\d)_(\d)/.exec(layer) ?? [];
  if (stage === undefined) return `resnet.embedder.embedder.${kind}`;
  const place = index === '0' ? 'shortcut' : `layer.${Number(index) - 1}`;
  return `resnet.encoder.stages.${Number(stage) - 2}.layers.${Number(block) - 1}.${place}.${kind}`;
}

describe('the cache of the Hub', () => {
  it('is laid out as Python lays it out: blobs by hash, links from snapshots, references to commits', async () => {
    (await pretrained(NAME)).dispose();
    const digest = createHash('sha256').update(weights).digest('hex');
    expect(weights.equals(await readFile(folder('blobs', digest)))).toBe(true);
    const snapshot = folder('snapshots', hub.commit);
    expect(await readlink(join(snapshot, 'model.safetensors'))).toBe(`../../blobs/${digest}`);
    expect(await readlink(join(snapshot, 'config.json'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
    expect(await readFile(folder('refs', 'main'), 'utf8')).toBe(hub.commit);
  });

  it('is read before anything is downloaded, and at a commit before anything is asked', async () => {
    (await pretrained(NAME)).dispose();
    hub.requests.length = 0;
    (await pretrained(NAME)).dispose();
    expect(hub.requests.every(({ range }) => range === 'bytes=0-0')).toBe(true);
    hub.requests.length = 0;
    (await pretrained(`${NAME}@${hub.commit}`)).dispose();
    expect(hub.requests).toEqual([]);
  });

  it('follows a branch that moved on', async () => {
    (await pretrained(NAME)).dispose();
    hub.commit = 'b'.repeat(40);
    publish('timm/test_resnet.r160_in1k', { ...TIMM_CONFIG, label_descriptions: {} }, weights);
    const model = await pretrained(`${NAME}@main`);
    expect(modelMetadata(model)?.classNames).toEqual(['n01', 'n02', 'n03']);
    model.dispose();
    expect(await readFile(folder('refs', 'main'), 'utf8')).toBe(hub.commit);
    // The weights have not changed.
    expect(hub.requests.filter(({ isStore, range }) => isStore && range === undefined)).toHaveLength(1);
  });

  it('serves where the Hub is out of order or must not be asked', async () => {
    (await pretrained(NAME)).dispose();
    hub.status = 503;
    (await pretrained(NAME)).dispose();
    hub.requests.length = 0;
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    (await pretrained(NAME)).dispose();
    expect(hub.requests).toEqual([]);
    await expect(pretrained('hf:timm/another')).rejects.toThrow(
      /not there, and HF_HUB_OFFLINE forbids requests/,
    );
  });

  it('replaces a file that was damaged', async () => {
    (await pretrained(NAME)).dispose();
    const digest = createHash('sha256').update(weights).digest('hex');
    await writeFile(folder('blobs', digest), 'damaged');
    const model = await pretrained(NAME);
    expectEqual(model, original);
    model.dispose();
  });
});

describe('a download from the Hub', () => {
  it('resumes where it broke off', async () => {
    hub.breakAfter = 100_000;
    await expect(pretrained(NAME)).rejects.toThrow(/broke off after 100000 bytes.*resumes/);
    const model = await pretrained(NAME);
    expect(hub.requests.at(-1)).toMatchObject({ isStore: true, range: 'bytes=100000-' });
    expectEqual(model, original);
    model.dispose();
  });

  it('of other content than the Hub states is not kept', async () => {
    const claimed = hub.files;
    await expect(
      (async () => {
        const loading = pretrained(NAME);
        // The store changes after the Hub has stated the hash.
        while (!hub.requests.some(({ isStore }) => isStore)) await new Promise((done) => setTimeout(done, 1));
        claimed.set('timm/test_resnet.r160_in1k/model.safetensors', Buffer.alloc(weights.length));
        return loading;
      })(),
    ).rejects.toThrow(/whose sha256 is not/);
  });

  it('takes pytorch_model.bin where that alone exists', async () => {
    publish('user/pickle', TIMM_CONFIG, Buffer.from('no pickle'), 'pytorch_model.bin');
    await expect(pretrained('hf:user/pickle')).rejects.toThrow(/pytorch_model\.bin/);
    publish('user/none', TIMM_CONFIG, weights, 'other.bin');
    await expect(pretrained('hf:user/none')).rejects.toThrow(/neither/);
  });

  it.each(['hf:timm', 'hf:timm/../x', 'hf:a/b--c', 'hf:a/b@', 'hf:a/b@../x', 'hf:/etc/passwd', 'hf:a/b/c'])(
    'is refused for %s, which names no repository',
    async (name) => {
      await expect(pretrained(name)).rejects.toThrow(/Write hf:user\/repository/);
      expect(hub.requests).toEqual([]);
    },
  );

  it('says what the Hub lacks', async () => {
    await expect(pretrained('hf:timm/absent')).rejects.toThrow(/there is none, or it is private.*HF_TOKEN/);
    await expect(pretrained(`${NAME}@v9`)).rejects.toThrow(/have the revision 'v9'/);
    (await pretrained(`${NAME}@refs/pr/1`)).dispose();
    expect(await readFile(folder('refs', 'refs', 'pr', '1'), 'utf8')).toBe(hub.commit);
  });
});

describe('a token', () => {
  const SECRET = 'hf_secretsecret';
  beforeEach(() => {
    hub.tokens.set('timm/test_resnet.r160_in1k', SECRET);
  });

  it('from the environment or Hugging Face’s file opens a gated repository; the store never gets it', async () => {
    await expect(pretrained(NAME)).rejects.toThrow(/grants access on request.*HF_TOKEN/);
    await mkdir(place('hf'), { recursive: true });
    await writeFile(place('hf', 'token'), `${SECRET}\n`);
    (await pretrained(NAME)).dispose();
    vi.stubEnv('HF_TOKEN', 'hf_other');
    await expect(pretrained(`${NAME}@${'c'.repeat(40)}`)).rejects.toThrow(/grants access on request/);
    const toStore = hub.requests.filter(({ isStore }) => isStore);
    expect(toStore.length).toBeGreaterThan(0);
    expect(toStore.every(({ authorization }) => authorization === undefined)).toBe(true);
  });

  it('never stands in an error', async () => {
    vi.stubEnv('HF_TOKEN', `${SECRET} two`);
    const error: unknown = await pretrained(NAME).catch((each: unknown) => each);
    expect(String(error)).toMatch(/a token of one line without spaces in HF_TOKEN/);
    vi.stubEnv('HF_TOKEN', SECRET);
    hub.status = 500;
    const other: unknown = await pretrained(NAME).catch((each: unknown) => each);
    const { inspect } = await import('node:util');
    expect(inspect([error, other], { depth: 10 })).not.toContain('secretsecret');
  });
});
