import { readFileSync } from 'node:fs';

import { DEFAULT_PREPROCESSING, disposeBatch, type BatchSource } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import {
  kerasImageBatches,
  kerasValidationSplit,
  rgbImage,
  type FloatImage,
  type KerasImageBatchesOptions,
  type MemoryExample,
  type ReadableImageSet,
} from '../src/index';
import { fitImageDataGenerator, type FitImageDataGeneratorOptions } from '../src/node';

interface Fixture {
  order: { labels: number[]; sum: number }[];
  training: string[];
  validation: string[];
}

const URL_OF_FIXTURE = new URL('./fixtures/keras-image-data-generator.json', import.meta.url);
const fixture = JSON.parse(readFileSync(URL_OF_FIXTURE, 'utf8')) as Fixture & Record<string, number[]>;

const HEIGHT = 7;
const WIDTH = 6;

/** scripts/golden/data_keras_generator.py, picture. */
function picture(label: number, number: number) {
  const image = rgbImage(HEIGHT, WIDTH);
  for (let i = 0; i < image.pixels.length; i++) {
    const x = Math.floor(i / 3) % WIDTH;
    const y = Math.floor(i / 3 / WIDTH);
    image.pixels[i] = (x * 37 + y * 53 + (i % 3) * 71 + label * 90 + number * 17 + x * y * 11) % 256;
  }
  return image;
}

const SET: ReadableImageSet<MemoryExample> = {
  classNames: ['a', 'b'],
  examples: [4, 3].flatMap((count, label) =>
    Array.from({ length: count }, (_, number) => ({
      path: `${'ab'[label]!}/${number}.png`,
      label,
      image: picture(label, number),
    })),
  ),
  readImage: ({ image }) => Promise.resolve(image),
};

const CASES: Record<string, KerasImageBatchesOptions> = {
  plain: {},
  flips: { horizontalFlip: true, verticalFlip: true, rescale: 1 / 255 },
  'rotation nearest': { rotationRange: 60 },
  'rotation constant': { rotationRange: 60, fillMode: 'constant', cval: 9.5 },
  'rotation reflect': { rotationRange: 180, fillMode: 'reflect' },
  'rotation wrap': { rotationRange: 60, fillMode: 'wrap' },
  'shift shares': { widthShiftRange: 0.4, heightShiftRange: 0.3, fillMode: 'reflect' },
  'shift pixels': { widthShiftRange: 3, heightShiftRange: 2 },
  'shift half pixels': { widthShiftRange: 1.5, fillMode: 'wrap' },
  'shift choices': { widthShiftRange: [1, 2.5], heightShiftRange: [0.1, 0.4] },
  shear: { shearRange: 40 },
  zoom: { zoomRange: 0.5, fillMode: 'reflect' },
  'zoom range': { zoomRange: [0.3, 2.5], fillMode: 'wrap' },
  'channel shift': { channelShiftRange: 80 },
  brightness: { brightnessRange: [0.2, 1.8] },
  samplewise: { samplewiseCenter: true, samplewiseStdNormalization: true },
  everything: {
    rotationRange: 20,
    widthShiftRange: 0.1,
    heightShiftRange: 0.1,
    shearRange: 10,
    zoomRange: 0.2,
    horizontalFlip: true,
    verticalFlip: true,
    channelShiftRange: 20,
    brightnessRange: [0.5, 1.5],
    rescale: 1 / 255,
  },
};

async function collect(source: BatchSource, epoch: number, firstBatch = 0) {
  const batches: { images: number[]; labels: number[]; sources: readonly string[] }[] = [];
  for await (const batch of source.batches({ epoch, firstBatch })) {
    const labels = [...batch.labels.dataSync()];
    const classes = batch.sources.map((_, i) => labels.slice(i * 2, i * 2 + 2).indexOf(1));
    batches.push({ images: [...batch.images.dataSync()], labels: classes, sources: batch.sources });
    disposeBatch(batch);
  }
  return batches;
}

const FITTED: Record<string, FitImageDataGeneratorOptions> = {
  plain: { featurewiseCenter: true, featurewiseStdNormalization: true, rescale: 1 / 255 },
  augmented: {
    featurewiseStdNormalization: true,
    rotationRange: 40,
    zoomRange: 0.3,
    augment: true,
    rounds: 2,
    seed: 3,
  },
  whitened: { zcaWhitening: true, zcaEpsilon: 0.1, rescale: 1 / 255 },
};

describe('fitImageDataGenerator', () => {
  const size = { targetSize: [HEIGHT, WIDTH] } as const;

  it.each(Object.keys(FITTED))('measures as Keras does: %s', async (name) => {
    const { mean, deviation, first } = fixture[`fit ${name}`] as unknown as Record<string, number[] | null>;
    const options = { ...FITTED[name], ...size };
    const statistics = await fitImageDataGenerator(SET, options);
    statistics.mean.forEach((value, channel) => expect(value).toBeCloseTo(mean![channel]!, 3));
    deviation?.forEach((value, channel) =>
      expect(statistics.standardDeviation[channel]).toBeCloseTo(value, 3),
    );
    if (first === null) return;
    const { zcaEpsilon, ...batches } = options;
    expect(zcaEpsilon === undefined).toBe(statistics.whitening === undefined);
    const source = await kerasImageBatches(SET, { ...batches, statistics, batchSize: 1, shuffle: false });
    const [batch] = await collect(source, 0);
    batch!.images.forEach((value, index) => expect(Math.abs(value - first![index]!)).toBeLessThan(0.006));
  });

  it('refuses to whiten pictures that are too large, and batches of another size', async () => {
    const large = fitImageDataGenerator(SET, { targetSize: 64, zcaWhitening: true });
    await expect(large).rejects.toThrow('at most 4096 values');
    const statistics = await fitImageDataGenerator(SET, { targetSize: 2, zcaWhitening: true });
    const source = await kerasImageBatches(SET, { targetSize: 3, zcaWhitening: true, statistics });
    await expect(collect(source, 0)).rejects.toThrow('a matrix of 27 x 27');
  });

  it.each([{ featurewiseCenter: true }, { zcaWhitening: true }])(
    'is asked for by batches of %o',
    async (options) => {
      await expect(kerasImageBatches(SET, options)).rejects.toThrow('fitImageDataGenerator');
    },
  );
});

describe('kerasImageBatches', () => {
  it('carries how its pictures are read', async () => {
    const { preprocessing } = await kerasImageBatches(SET, {
      targetSize: 8,
      rescale: 1 / 255,
      featurewiseCenter: true,
      statistics: { mean: [0.1, 0.2, 0.3], standardDeviation: [1, 1, 1] },
    });
    expect(preprocessing).toEqual({
      ...DEFAULT_PREPROCESSING,
      imageSize: [8, 8],
      resize: 'nearest',
      normalization: {
        channelOrder: 'rgb',
        divisor: 255,
        mean: [0.1, 0.2, 0.3],
        standardDeviation: [1, 1, 1],
      },
    });
  });

  it.each([{ samplewiseCenter: true }, { preprocessingFunction: (image: FloatImage) => image }])(
    'leaves open what no other program can repeat: %o',
    async (options) => {
      const { preprocessing } = await kerasImageBatches(SET, options);
      expect(preprocessing).not.toHaveProperty('normalization');
    },
  );

  it.each(Object.keys(CASES))('yields what ImageDataGenerator yields: %s', async (name) => {
    const source = await kerasImageBatches(SET, {
      ...CASES[name],
      targetSize: [HEIGHT, WIDTH],
      batchSize: 3,
      seed: 11,
      stepsPerEpoch: 2,
    });
    const images = (await collect(source, 0)).flatMap((batch) => batch.images);
    const length = HEIGHT * WIDTH * 3;
    const chosen = [0, 3, 5].flatMap((index) => images.slice(index * length, (index + 1) * length));
    const expected = fixture[name]!;
    expect(chosen.length).toBe(expected.length);
    const largest = Math.max(...chosen.map((value, i) => Math.abs(value - expected[i]!)));
    expect(largest).toBeLessThanOrEqual(1e-3);
  });

  it('orders epochs and cuts batches as Keras does, with nearest resizing', async () => {
    const source = await kerasImageBatches(SET, { targetSize: [5, 8], batchSize: 3, seed: 11 });
    const batches = [
      ...(await collect(source, 0)),
      ...(await collect(source, 1)),
      ...(await collect(source, 2)),
    ];
    const seen = batches.map(({ images, labels }) => ({
      labels,
      sum: images.reduce((total, value) => total + value, 0),
    }));
    expect(seen).toEqual(fixture.order);
  });

  it.each([2, 4])(
    'goes on where the last epoch of %d batches ended, as Keras does',
    async (stepsPerEpoch) => {
      const source = await kerasImageBatches(SET, {
        targetSize: [5, 8],
        batchSize: 3,
        seed: 11,
        stepsPerEpoch,
      });
      expect(source.batchesPerEpoch).toBe(stepsPerEpoch);
      const batches = [];
      for (let epoch = 0; epoch * stepsPerEpoch < 8; epoch++) batches.push(...(await collect(source, epoch)));
      const seen = batches.map(({ images, labels }) => ({
        labels,
        sum: images.reduce((total, value) => total + value, 0),
      }));
      expect(seen).toEqual(fixture.order.slice(0, 8));
      expect(await collect(source, 1, 1)).toEqual(batches.slice(stepsPerEpoch + 1, 2 * stepsPerEpoch));
    },
  );

  it('resumes within an epoch with the very batches that follow', async () => {
    const options = { ...CASES['everything'], targetSize: 6, batchSize: 2, seed: 3 };
    const whole = await collect(await kerasImageBatches(SET, options), 1);
    expect(await collect(await kerasImageBatches(SET, options), 1, 2)).toEqual(whole.slice(2));
  });

  it('centres and scales by statistics that are given, and demands them', async () => {
    const statistics = { mean: [1, 2, 3], standardDeviation: [2, 4, 8] } as const;
    const options = {
      targetSize: [HEIGHT, WIDTH],
      shuffle: false,
      featurewiseStdNormalization: true,
    } as const;
    const [batch] = await collect(await kerasImageBatches(SET, { ...options, statistics }), 0);
    const [red, green, blue] = picture(0, 0).pixels;
    [(red! - 1) / 2, (green! - 2) / 4, (blue! - 3) / 8].forEach((value, i) => {
      expect(batch!.images[i]).toBeCloseTo(value, 4);
    });
    await expect(kerasImageBatches(SET, options)).rejects.toThrow(/`options.statistics`/);
  });

  it.each([
    [{ rotationrange: 3 }, /Did you mean 'rotationRange'/],
    [{ zoomRange: 1 }, /`options.zoomRange`/],
    [{ fillMode: 'mirror' }, /`options.fillMode`/],
    [{ seed: -1 }, /`options.seed`/],
    [{ horizontalFlip: 1 }, /true or false for `options.horizontalFlip`/],
    [{ widthShiftRange: [] }, /`options.widthShiftRange.length`/],
    [{ featurewiseCenter: true, statistics: { mean: [1, 2, 3] } }, /`options.statistics.standardDeviation`/],
  ])('refuses the options %j', async (options, message) => {
    await expect(kerasImageBatches(SET, options as never)).rejects.toThrow(message);
  });
});

describe('kerasValidationSplit', () => {
  it('takes the first of each class for validation, as Keras does', () => {
    const { train, validation } = kerasValidationSplit(SET, 0.4);
    expect(train.examples.map(({ path }) => path)).toEqual(fixture.training);
    expect(validation.examples.map(({ path }) => path)).toEqual(fixture.validation);
  });

  it('takes the last of the whole with side: last, as image_dataset_from_directory does', () => {
    const { train, validation } = kerasValidationSplit(SET, 0.3, { side: 'last' });
    const held = Math.trunc(0.3 * SET.examples.length);
    expect(validation.examples).toEqual(SET.examples.slice(-held));
    expect(train.examples).toEqual(SET.examples.slice(0, -held));
  });

  it('refuses a fraction that leaves nothing', () => {
    expect(() => kerasValidationSplit(SET, 0.1)).toThrow(/at least one example/);
  });
});
