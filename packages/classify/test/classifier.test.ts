import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  modelMetadata,
  PIXEL_NORMALIZATIONS,
  setModelMetadata,
  type HeadKind,
  type ModelMetadata,
} from '@zoo/core';
import { imageBatches, rgbImage } from '@zoo/data';
import { readImageFile } from '@zoo/data/node';
import { cifarResnet } from '@zoo/resnet';
import {
  saveKeras,
  saveKerasH5,
  saveKerasWeights,
  saveLayersModel,
  saveSafetensors,
} from '@zoo/weights/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  createClassifier,
  openClassifier,
  type Classifier,
  type ClassProbability,
  type Picture,
} from '../src';

const HEIGHT = 20;
const WIDTH = 30;
const METADATA: ModelMetadata = {
  classNames: ['cook', 'judge', 'pilot'],
  preprocessing: {
    imageSize: [16, 16],
    normalization: PIXEL_NORMALIZATIONS.torch,
    aspect: 'crop',
    resize: 'bilinear',
  },
};

const place = temporaryDirectory('suite');
let server: Server;
let expected: ClassProbability[];

const pixelsOf = (seed: number): Uint8Array =>
  Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, at) => (at * 7 + seed * 31 + ((at * at) % 97)) % 256);

function smallNetwork(metadata: ModelMetadata = METADATA): tfl.LayersModel {
  const model = cifarResnet(20, { classes: 3, inputShape: [16, 16, 3], seed: 1 });
  setModelMetadata(model, { ...modelMetadata(model), ...metadata });
  return model;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  for (const seed of [0, 1, 2]) {
    const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
    await sharp(pixelsOf(seed), { raw })
      .png()
      .toFile(place(`${seed}.png`));
  }
  await writeFile(place('text.png'), 'no picture');
  const model = smallNetwork();
  await saveLayersModel(model, place('run', 'model'));
  const classifier = createClassifier(model);
  expected = await classifier.classify(place('0.png'));
  classifier.dispose();
  server = createServer((request, response) => {
    const path = place(request.url!.slice(1));
    readFile(path).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});

const address = (path: string): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;

async function withClassifier<Result>(
  open: Classifier | Promise<Classifier>,
  use: (classifier: Classifier) => Promise<Result>,
): Promise<Result> {
  const classifier = await open;
  try {
    return await use(classifier);
  } finally {
    classifier.dispose();
  }
}

function expectClose(actual: readonly ClassProbability[], other: readonly ClassProbability[]): void {
  expect(actual.map(({ className }) => className)).toEqual(other.map(({ className }) => className));
  actual.forEach(({ probability }, i) => expect(probability).toBeCloseTo(other[i]!.probability, 6));
}

describe('a disposed classifier', () => {
  it('says so, and is disposed again without an error', async () => {
    const classifier = createClassifier(smallNetwork());
    classifier.dispose();
    classifier.dispose();
    await expect(classifier.classify(place('0.png'))).rejects.toThrow(
      'Expected a classifier for `classifier` but received "one that is disposed". Open the model again.',
    );
  });

  it('is not what a path that is not there opens: the error speaks of paths and names', async () => {
    await expect(openClassifier(place('nowhere'))).rejects.toThrow(/check its path|no such/i);
  });
});

describe('openClassifier', () => {
  it.each([
    ['the output folder of a run', () => place('run')],
    ['a folder of a model', () => place('run', 'model')],
    ['a model.json', () => place('run', 'model', 'model.json')],
    ['a file: URL', () => pathToFileURL(place('run'))],
    ['an address', () => address('run/model/model.json')],
  ])('opens %s', async (_, source) => {
    await withClassifier(openClassifier(source()), async (classifier) => {
      expect(classifier.classNames).toEqual(METADATA.classNames);
      expectClose(await classifier.classify(place('0.png')), expected);
    });
  });

  it('takes what a file of weights alone leaves open, and its size, from the caller', async () => {
    const model = cifarResnet(20, {
      classes: 3,
      inputShape: [24, 24, 3],
      seed: 1,
      shortcut: 'average-pad-both',
    });
    setModelMetadata(model, {});
    await saveSafetensors(model, place('open.safetensors'));
    const preprocessing = { ...METADATA.preprocessing!, imageSize: [24, 24] as const };
    const answers = await withClassifier(createClassifier(model, { preprocessing }), (classifier) =>
      classifier.classify(place('0.png')),
    );
    const told = { preprocessing, variant: 'torchvision' } as const;
    await expect(openClassifier(place('open.safetensors'), told)).rejects.toThrow(
      /one of .*'average-pad-both'.* for `options\.shortcut`/,
    );
    await withClassifier(
      openClassifier(place('open.safetensors'), { ...told, shortcut: 'average-pad-both' }),
      async (classifier) => expectClose(await classifier.classify(place('0.png')), answers),
    );
  });

  it('refuses to be told what network it is by a model that says so itself', async () => {
    for (const source of [place('run'), 'resnet50.tv_in1k'])
      await expect(openClassifier(source, { variant: 'keras' })).rejects.toThrow(
        /nothing for `options\.variant` but received "keras"\. .* says itself what network it holds/,
      );
  });

  it.each([
    [{ clasNames: ['a'] }, "Did you mean 'classNames'?"],
    [{ imageSize: [16, 16] }, 'known options only'],
    [{ classNames: 'cook' }, 'a list of names for `options.classNames`'],
    [{ preprocessing: { aspect: 'squeeze' } }, 'for `options.preprocessing.aspect`'],
    [{ preprocessing: { cropFraction: 2 } }, 'at most 1 for `options.preprocessing.cropFraction`'],
    [{ preprocessing: { size: 16 } }, 'known options only for `options.preprocessing`'],
    [{ onProgress: true }, 'a function for `options.onProgress`'],
    [{ cacheDirectory: '' }, 'the path of a folder for `options.cacheDirectory`'],
  ])('refuses the options %j before it opens anything', async (options, message) => {
    await expect(openClassifier(place('absent'), options as never)).rejects.toThrow(message);
  });

  it('tells a misspelt name of published weights from a place', async () => {
    await expect(openClassifier('resnet50.tv_in1')).rejects.toThrow(/Did you mean 'resnet50\.tv_in1k'\?/);
  });

  it('says of a run that has not finished what to do', async () => {
    await mkdir(place('unfinished', 'checkpoints'), { recursive: true });
    await expect(openClassifier(place('unfinished'))).rejects.toThrow(/has not finished. Resume the run/);
  });

  it('asks for what a model does not say and can not be guessed', async () => {
    const model = smallNetwork({});
    await saveLayersModel(model, place('silent'));
    model.dispose();
    await expect(openClassifier(place('silent'))).rejects.toThrow(
      /for `options.preprocessing.normalization` but received undefined. The model does not say how bytes become/,
    );
    const { preprocessing } = METADATA;
    await withClassifier(
      openClassifier(place('silent'), { preprocessing: preprocessing! }),
      async (classifier) => {
        const answers = await classifier.classify(place('0.png'));
        expect(answers.map(({ probability }) => probability)).toEqual(
          expected.map(({ probability }) => probability),
        );
        expect(answers[0]!.className).toMatch(/^[012]$/);
      },
    );
  });
});

describe('a classifier', () => {
  it('answers any form of one picture alike', async () => {
    const bytes = new Uint8Array(await readFile(place('0.png')));
    const rgba = await sharp(bytes).ensureAlpha().raw().toBuffer();
    const forms: Picture[] = [
      place('0.png'),
      pathToFileURL(place('0.png')),
      address('0.png'),
      bytes,
      new Blob([bytes]),
      rgbImage(HEIGHT, WIDTH, pixelsOf(0)),
      { data: Uint8ClampedArray.from(rgba), width: WIDTH, height: HEIGHT },
    ];
    await withClassifier(createClassifier(smallNetwork()), async (classifier) => {
      for (const answers of await classifier.classify(forms, { batchSize: 3 }))
        expectClose(answers, expected);
    });
  });

  it('reads pictures as the batches that the model was trained on', async () => {
    const set = {
      classNames: METADATA.classNames!,
      examples: [0, 1, 2].map((label) => ({ path: place(`${label}.png`), label })),
      readImage: ({ path }: { path: string }) => readImageFile(path),
    };
    const source = await imageBatches(set, {
      imageSize: 16,
      normalization: 'torch',
      aspect: 'crop',
      resize: 'bilinear',
      shuffle: false,
    });
    await withClassifier(createClassifier(smallNetwork()), async (classifier) => {
      for await (const { images, labels } of source.batches({ epoch: 0 })) {
        const prepared = await Promise.all(set.examples.map(({ path }) => classifier.prepare(path)));
        const whole = tf.concat(prepared);
        expect(await whole.data()).toEqual(await images.data());
        tf.dispose([images, labels, whole, ...prepared]);
      }
    });
  });

  it('answers the good pictures where one is bad, and names that one', async () => {
    await withClassifier(createClassifier(smallNetwork()), async (classifier) => {
      const pictures = [place('0.png'), place('text.png'), place('2.png')];
      const found: string[] = [];
      for await (const result of classifier.results(pictures, { top: 1 })) {
        found.push('error' in result ? (result.error as Error).message : result.predictions[0]!.className);
      }
      expect(found[0]).toBe(expected[0]!.className);
      expect(found[1]).toContain(place('text.png'));
      expect(found).toHaveLength(3);
      await expect(classifier.classify(pictures)).rejects.toThrow(place('text.png'));
    });
  });

  it('stops at the signal, between batches', async () => {
    await withClassifier(createClassifier(smallNetwork()), async (classifier) => {
      const controller = new AbortController();
      const pictures = [place('0.png'), place('1.png'), place('2.png')];
      const answered: Picture[] = [];
      const work = async () => {
        for await (const { picture } of classifier.results(pictures, {
          batchSize: 1,
          signal: controller.signal,
        })) {
          answered.push(picture);
          controller.abort(new Error('enough'));
        }
      };
      await expect(work()).rejects.toThrow('enough');
      expect(answered).toEqual([place('0.png')]);
    });
  });

  it('says what is wrong with an address', async () => {
    await withClassifier(createClassifier(smallNetwork()), async (classifier) => {
      await expect(classifier.classify(address('none.png'))).rejects.toThrow(
        /^Expected a file at \S+none\.png but the server answered with status 404\. Check the address and the network\.$/,
      );
    });
  });
});

/** A model of one dense layer over all pixels whose weights are 0 and whose biases are `biases`. */
function constantModel(
  biases: number[],
  activation: 'softmax' | 'sigmoid' | 'linear',
  channels = 3,
): tfl.LayersModel {
  const model = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [4, 4, channels] }),
      tfl.layers.dense({ units: biases.length, activation, kernelInitializer: 'zeros' }),
    ],
  });
  const [kernel] = model.layers[1]!.getWeights();
  const bias = tf.tensor1d(biases);
  model.layers[1]!.setWeights([kernel!, bias]);
  bias.dispose();
  return model;
}

const GREY = rgbImage(4, 4, new Uint8Array(48).fill(100));

describe('heads', () => {
  it.each<[string, number[], 'softmax' | 'sigmoid' | 'linear', HeadKind | undefined, number[]]>([
    ['logits get their softmax', [Math.log(3), 0], 'linear', undefined, [0.75, 0.25]],
    ['probabilities stay', [Math.log(3), 0], 'softmax', undefined, [0.75, 0.25]],
    ['one unit tells two classes apart', [Math.log(3)], 'sigmoid', undefined, [0.25, 0.75]],
    ['one logit too', [Math.log(3)], 'linear', undefined, [0.25, 0.75]],
    ['several sigmoids are independent', [Math.log(3), 0], 'sigmoid', undefined, [0.75, 0.5]],
    ['logits of a multi-label head too', [Math.log(3), 0], 'linear', 'multiLabel', [0.75, 0.5]],
  ])('%s', async (_, biases, activation, head, expectedProbabilities) => {
    const model = constantModel(biases, activation);
    setModelMetadata(model, {
      preprocessing: { normalization: PIXEL_NORMALIZATIONS.scale },
      ...(head && { head }),
    });
    const classNames = ['no', 'yes'];
    await withClassifier(createClassifier(model, { classNames }), async (classifier) => {
      const answers = await classifier.classify(GREY);
      const byName = Object.fromEntries(
        answers.map(({ className, probability }) => [className, probability]),
      );
      expect(byName['no']).toBeCloseTo(expectedProbabilities[0]!, 6);
      expect(byName['yes']).toBeCloseTo(expectedProbabilities[1]!, 6);
    });
  });

  it('of NaN are an error that blames no picture, and no order of classes', async () => {
    const model = constantModel([Number.NaN, 0], 'softmax');
    const preprocessing = { normalization: 'scale' } as const;
    const before = tf.memory().numTensors;
    await withClassifier(createClassifier(model, { preprocessing }), async (classifier) => {
      await expect(classifier.classify(GREY)).rejects.toThrow(/^The model answers with NaN\. Check /);
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  it('class names of another number are refused', () => {
    const model = constantModel([0, 0], 'softmax');
    const preprocessing = { normalization: 'scale' } as const;
    expect(() => createClassifier(model, { preprocessing, classNames: ['one'] })).toThrow(/Expected 2 names/);
    model.dispose();
  });
});

describe('inputs', () => {
  it('of one channel get the brightness, as Pillow converts to L', async () => {
    const model = constantModel([0, 0], 'softmax', 1);
    const picture = rgbImage(
      4,
      4,
      Uint8Array.from({ length: 48 }, (_, at) => [200, 100, 30][at % 3]!),
    );
    await withClassifier(
      createClassifier(model, { preprocessing: { normalization: 'raw' } }),
      async (classifier) => {
        const prepared = await classifier.prepare(picture);
        expect(prepared.shape).toEqual([1, 4, 4, 1]);
        // PIL.Image.new('RGB', (1, 1), (200, 100, 30)).convert('L').getpixel((0, 0))
        expect((await prepared.data())[0]).toBe(122);
        prepared.dispose();
      },
    );
  });

  it.each([2, 4])('of %d channels are refused in words', (channels) => {
    const model = constantModel([0, 0], 'softmax', channels);
    const create = () => createClassifier(model, { preprocessing: { normalization: 'raw' } });
    expect(create).toThrow(
      `pictures of 3 channels, or of 1, but '${model.name}' reads [any, 4, 4, ${channels}]`,
    );
    model.dispose();
  });
});

describe('files', () => {
  it.each([
    ['.h5', saveKerasH5],
    ['.keras', saveKeras],
    ['.weights.h5', saveKerasWeights],
    ['.safetensors', saveSafetensors],
  ] as const)('%s is opened with what it says of pictures and classes', async (ending, save) => {
    const { model } = await openClassifier(place('run'));
    const path = place(`model${ending}`);
    await save(model, path);
    model.dispose();
    for (const source of [path, new Blob([await readFile(path)])]) {
      await withClassifier(openClassifier(source), async (classifier) => {
        expectClose(await classifier.classify(place('0.png')), expected);
      });
    }
  });

  it('tell how far they are read', async () => {
    const progress: number[] = [];
    const onProgress = (fraction: number): void => void progress.push(fraction);
    (await openClassifier(place('model.h5'), { onProgress })).dispose();
    expect(progress.at(-1)).toBe(1);
  });
});
