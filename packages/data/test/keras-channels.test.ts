import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';

import { disposeBatch, type BatchSource } from '@zoo/core';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { kerasImageBatches, memoryImageSet, rgbImage } from '../src/index';
import {
  fitImageDataGenerator,
  flowFromDirectory,
  imageDatasetFromDirectory,
  type FlowFromDirectoryOptions,
  type ImageDatasetFromDirectoryOptions,
} from '../src/node';

interface Batch {
  shape: number[];
  labels: number[];
  /** Values of the batch's first picture. */
  first: number[];
}

interface Case {
  /** As Keras has them. */
  options: Record<string, unknown>;
  batches: Batch[];
}

const FIXTURE = JSON.parse(
  readFileSync(new URL('./fixtures/keras-channels.json', import.meta.url), 'utf8'),
) as Record<'generator' | 'dataset', Record<string, Case>>;

/** scripts/golden/data_keras_channels.py, FILES. */
const FILES: Record<string, [height: number, width: number, channels: 1 | 3 | 4]> = {
  'set/a/0.png': [5, 7, 4],
  'set/a/1.png': [9, 4, 1],
  'set/a/2.png': [6, 6, 3],
  'set/b/0.png': [8, 11, 4],
  'set/b/inner/1.png': [4, 3, 4],
  'set/b/z.png': [3, 12, 3],
  'beside/0.png': [5, 5, 4],
};

const place = temporaryDirectory('suite');
beforeAll(async () => {
  for (const [number, [file, [height, width, channels]]] of Object.entries(FILES).entries()) {
    const path = place(...file.split('/'));
    await mkdir(dirname(path), { recursive: true });
    await sharp(pixels(number, height, width, channels), { raw: { height, width, channels } })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .png()
      .toFile(path);
  }
  await symlink(place('beside'), place('set', 'a', 'link'));
});

/** scripts/golden/data_keras_channels.py, picture. */
function pixels(number: number, height: number, width: number, channels: number): Uint8Array {
  return Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    return (x * 37 + y * 53 + (i % channels) * 71 + number * 29 + x * y * 11) % 256;
  });
}

/** Ours for Keras' names and values. */
const VALUES: Record<string, Record<string, string>> = {
  labelMode: { int: 'sparse', null: 'none' },
  classMode: { null: 'none' },
  labels: { null: 'none' },
};

function ours({ options }: Case): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([keras, value]) => {
      const name = keras.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      return [name, VALUES[name]?.[String(value)] ?? value];
    }),
  );
}

async function collect(source: BatchSource): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of source.batches({ epoch: 0 })) {
    const [first] = await batch.images.array();
    batches.push({
      shape: batch.images.shape,
      labels: [...(await batch.labels.data())],
      first: first!.flat(2),
    });
    expect(source.imageShape).toEqual(batch.images.shape.slice(1));
    disposeBatch(batch);
  }
  return batches;
}

function expectBatches(actual: Batch[], expected: Batch[], tolerance: number): void {
  const rest = (batches: Batch[]) => batches.map(({ shape, labels }) => ({ shape, labels }));
  expect(rest(actual)).toEqual(rest(expected));
  const distances = expected.flatMap(({ first }, index) =>
    first.map((value, i) => Math.abs(actual[index]!.first[i]! - Math.fround(value))),
  );
  expect(Math.max(...distances)).toBeLessThanOrEqual(tolerance);
}

describe('flowFromDirectory', () => {
  it.each(Object.keys(FIXTURE.generator))("yields Keras' batches: %s", async (name) => {
    const { interpolation = 'nearest', ...options } = ours(FIXTURE.generator[name]!);
    const source = await flowFromDirectory(place('set'), {
      ...options,
      interpolation: interpolation === 'bilinear' ? 'antialias' : interpolation,
    } as FlowFromDirectoryOptions);
    // Affine changes sum in another order.
    expectBatches(
      await collect(source),
      FIXTURE.generator[name]!.batches,
      name.endsWith('changed') ? 1e-4 : 0,
    );
  });

  it.each<[string, FlowFromDirectoryOptions, string]>([
    ['a part without a share', { subset: 'training' }, 'validationSplit'],
    ['a share without a part', { validationSplit: 0.2 }, 'options.subset'],
    ['a folder that is not there', { classes: ['d'] }, "a folder 'd'"],
    ['a binary label of one class', { classes: ['a'], classMode: 'binary' }, 'two classes'],
    ['a share that leaves nothing', { validationSplit: 0.01, subset: 'validation' }, 'fraction'],
  ])('refuses %s', async (_, options, part) => {
    await expect(flowFromDirectory(place('set'), options)).rejects.toThrow(part);
  });
});

describe('imageDatasetFromDirectory', () => {
  it.each(Object.keys(FIXTURE.dataset))("yields Keras' batches: %s", async (name) => {
    const options = ours(FIXTURE.dataset[name]!) as Omit<ImageDatasetFromDirectoryOptions, 'subset'>;
    const source = await imageDatasetFromDirectory(place('set'), {
      // Keras' default.
      labelMode: 'sparse',
      ...options,
    });
    // TensorFlow's sines are its own.
    const tolerance = name.startsWith('lanczos') ? 2e-4 : 0;
    expectBatches(await collect(source), FIXTURE.dataset[name]!.batches, tolerance);
  });
});

describe('a generator of other channels', () => {
  const set = memoryImageSet(
    ['a'],
    [0, 1].map((number) => ({
      path: String(number),
      label: 0,
      image: rgbImage(2, 3, pixels(number, 2, 3, 3)),
    })),
  );
  const size = { targetSize: [2, 3], featurewiseCenter: true } as const;

  it.each([
    ['grayscale', 1],
    ['rgba', 4],
  ] as const)('has statistics of its channels: %s', async (colorMode, channels) => {
    const statistics = await fitImageDataGenerator(set, { ...size, colorMode });
    expect(statistics.mean).toHaveLength(channels);
    const source = await kerasImageBatches(set, { ...size, colorMode, statistics, shuffle: false });
    for await (const batch of source.batches({ epoch: 0 })) {
      const values = await batch.images.data<'float32'>();
      for (let channel = 0; channel < channels; channel++) {
        const own = values.filter((_, index) => index % channels === channel);
        expect(own.reduce((sum, value) => sum + value, 0) / own.length).toBeCloseTo(0, 3);
      }
      disposeBatch(batch);
    }
    await expect(kerasImageBatches(set, { ...size, statistics })).rejects.toThrow('the same colorMode');
  });

  it('names a preprocessing function that changes the size', async () => {
    const source = await kerasImageBatches(set, {
      preprocessingFunction: ({ values }) => ({ values: values.slice(3) }),
      targetSize: 2,
    });
    await expect(collect(source)).rejects.toThrow('options.preprocessingFunction');
  });
});
