import {
  DEFAULT_PREPROCESSING,
  disposeBatch,
  isZooError,
  PIXEL_NORMALIZATIONS,
  type Batch,
  type BatchSource,
} from '@zoo/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import {
  colorJitter,
  cutMix,
  imageBatches,
  mixUp,
  randomErasing,
  randomHorizontalFlip,
  randomResizedCrop,
  type Augmentation,
  type DecodedImage,
  type ImageBatchesOptions,
  type MemoryExample,
  type ReadableImageSet,
} from '../src/index';
import { imageBatches as folderBatches, kerasImageBatches, readImageFolder } from '../src/node';

import { folderOf, noise, png, slopes } from './support/pictures';

/** `count` pictures of noise in two classes, and how often each was read. */
function memorySet(count: number, size = 6): ReadableImageSet<MemoryExample> & { reads: number[] } {
  const reads = new Array<number>(count).fill(0);
  return {
    reads,
    classNames: ['even', 'odd'],
    examples: Array.from({ length: count }, (_, index) => ({
      path: `${index}`,
      label: index % 2,
      image: noise(size, size, index),
    })),
    readImage: ({ path, image }) => {
      reads[Number(path)]!++;
      return Promise.resolve(image);
    },
  };
}

interface PlainBatch {
  sources: readonly string[];
  images: number[];
  labels: number[];
}

function plain(batch: Batch): PlainBatch {
  const { sources } = batch;
  const values = { sources, images: [...batch.images.dataSync()], labels: [...batch.labels.dataSync()] };
  disposeBatch(batch);
  return values;
}

async function collect(source: BatchSource, request = { epoch: 0 }): Promise<PlainBatch[]> {
  const batches: PlainBatch[] = [];
  for await (const batch of source.batches(request)) batches.push(plain(batch));
  return batches;
}

const AUGMENT = [randomHorizontalFlip(), randomResizedCrop(), randomErasing()];

describe('imageBatches', () => {
  describe.each<Partial<ImageBatchesOptions>>([
    {},
    { augmentFrom: 'source' },
    { augmentFrom: [30, 20], cache: 'memory', normalization: 'caffe' },
    { aspect: 'crop', colorMode: 'grayscale' },
    { aspect: 'resizeCrop', cropFraction: 0.8, resize: 'bicubic' },
    { aspect: 'pad', resize: 'bilinear' },
  ])('with %j', (options) => {
    it('yields from JPEG files what its augmentations make of the pictures one after the other', async () => {
      const files = Array.from({ length: 6 }, async (_, index): Promise<[string, Uint8Array]> => {
        const { pixels, height, width } = slopes(30 + 7 * index, 60 - 5 * index);
        const encoder = sharp(pixels, { raw: { height, width, channels: 3 } });
        return [`${index % 2}/${index}.jpg`, await encoder.jpeg().toBuffer()];
      });
      const folder = await readImageFolder(await folderOf(Object.fromEntries(await Promise.all(files))));
      const augment = [
        randomResizedCrop({ scale: [0.3, 1] }),
        randomHorizontalFlip(),
        colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
      ];
      const shared = { imageSize: 24, batchSize: 4, seed: 2, ...options };
      const stepByStep = augment.map(({ name, apply }): Augmentation => ({ name, apply }));
      const expected = await folderBatches(folder, { ...shared, augment: stepByStep });
      const source = await folderBatches(folder, { ...shared, augment });
      const mixed = await folderBatches(folder, {
        ...shared,
        augment: [augment[0]!, ...stepByStep.slice(1)],
      });
      for (const epoch of [0, 1]) {
        const batches = await collect(expected, { epoch });
        expect(await collect(source, { epoch })).toEqual(batches);
        expect(await collect(mixed, { epoch })).toEqual(batches);
      }
    });
  });

  it('carries how its pictures are read, with every default', async () => {
    const { preprocessing } = await imageBatches(memorySet(2), { imageSize: [4, 6], normalization: 'torch' });
    expect(preprocessing).toEqual({
      ...DEFAULT_PREPROCESSING,
      imageSize: [4, 6],
      normalization: PIXEL_NORMALIZATIONS.torch,
    });
  });

  it("brings pictures to one channel after augmentation, rounded as Pillow's convert('L')", async () => {
    const options = { imageSize: 4, batchSize: 2, augment: AUGMENT, normalization: 'raw', seed: 3 } as const;
    const grey = await imageBatches(memorySet(2), { ...options, colorMode: 'grayscale' });
    expect(grey).toMatchObject({ imageShape: [4, 4, 1], preprocessing: { colorMode: 'grayscale' } });
    const [own] = await collect(grey);
    const [color] = await collect(await imageBatches(memorySet(2), options));
    const expected = own!.images.map((_, pixel) => {
      const [red, green, blue] = color!.images.slice(3 * pixel);
      return (red! * 19595 + green! * 38470 + blue! * 7471 + 0x8000) >> 16;
    });
    expect(own!.images).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(10);
  });

  it('refuses one channel with a normalization for three', async () => {
    const options = { imageSize: 4, colorMode: 'grayscale', normalization: 'torch' } as const;
    await expect(imageBatches(memorySet(2), options)).rejects.toThrow(
      /one mean and one standard deviation .*`options\.normalization`/,
    );
  });

  it('gives the first epochs pictures of their own sizes, the same as a source of that size gives', async () => {
    const options = { batchSize: 4, augment: AUGMENT, augmentFrom: 8, seed: 3 };
    const grows = await imageBatches(memorySet(6), {
      ...options,
      imageSize: 8,
      imageSizeByEpoch: [
        { epochs: 1, imageSize: 4 },
        { epochs: 2, imageSize: [4, 6] },
      ],
    });
    expect(grows).toMatchObject({ sizeVaries: true, imageShape: [8, 8, 3], batchesPerEpoch: 2 });
    expect(grows.preprocessing).toMatchObject({ imageSize: [8, 8] });
    const sizes = [4, [4, 6], [4, 6], 8, 8] as const;
    for (const [epoch, imageSize] of sizes.entries()) {
      const fixed = await imageBatches(memorySet(6), { ...options, imageSize });
      expect(fixed.sizeVaries).toBeUndefined();
      expect(await collect(grows, { epoch })).toEqual(await collect(fixed, { epoch }));
    }
  });

  it('tells a resumed run of the sizes by epoch, and refuses epochs and sizes that make no sense', async () => {
    const sizes = [{ epochs: 2, imageSize: 4 }];
    const source = await imageBatches(memorySet(2), { imageSize: 8, imageSizeByEpoch: sizes });
    expect(source.settings).toMatchObject({ imageSizeByEpoch: [{ epochs: 2, height: 4, width: 4 }] });
    const refusal = (bad: unknown) =>
      imageBatches(memorySet(2), { imageSize: 8, imageSizeByEpoch: bad as typeof sizes });
    await expect(refusal([{ epochs: 0, imageSize: 4 }])).rejects.toThrow(/imageSizeByEpoch\[0\].epochs/);
    await expect(refusal([{ epochs: 1, size: 4 }])).rejects.toThrow(/imageSizeByEpoch\[0\].*size/);
    await expect(refusal({ epochs: 1, imageSize: 4 })).rejects.toThrow(/an array of/);
  });

  it('yields each example once an epoch, one-hot and normalised, with a smaller last batch', async () => {
    const set = memorySet(7);
    const source = await imageBatches(set, { imageSize: 6, batchSize: 3, normalization: 'tf' });
    expect(source).toMatchObject({
      classNames: ['even', 'odd'],
      imageShape: [6, 6, 3],
      exampleCount: 7,
      batchSize: 3,
      batchesPerEpoch: 3,
    });
    const batches = await collect(source);
    expect(batches.map(({ sources }) => sources.length)).toEqual([3, 3, 1]);
    expect(batches.flatMap(({ sources }) => sources).sort()).toEqual(set.examples.map(({ path }) => path));
    for (const { sources, images, labels } of batches) {
      sources.forEach((path, i) => {
        const expected = Array.from(set.examples[Number(path)]!.image.pixels, (byte) =>
          Math.fround(byte / 127.5 - 1),
        );
        expect(images.slice(i * 108, (i + 1) * 108)).toEqual(expected);
        expect(labels.slice(i * 2, i * 2 + 2)).toEqual(Number(path) % 2 === 0 ? [1, 0] : [0, 1]);
      });
    }
  });

  it('normalises to BGR with its means for caffe', async () => {
    const [batch] = await collect(await imageBatches(memorySet(1), { imageSize: 6, normalization: 'caffe' }));
    const [red, green, blue] = noise(6, 6, 0).pixels;
    expect(batch!.images.slice(0, 3)).toEqual(
      [blue! - 103.939, green! - 116.779, red! - 123.68].map(Math.fround),
    );
  });

  it('is the same twice for one seed and epoch, in another order in another epoch, and unshuffled on demand', async () => {
    const set = memorySet(12);
    const make = (seed: number) => imageBatches(set, { imageSize: 6, batchSize: 5, seed, augment: AUGMENT });
    expect(await collect(await make(3), { epoch: 4 })).toEqual(await collect(await make(3), { epoch: 4 }));
    const order = async (seed: number, epoch: number) =>
      (await collect(await make(seed), { epoch })).flatMap(({ sources }) => sources).join();
    expect(new Set([await order(3, 0), await order(3, 1), await order(4, 0)]).size).toBe(3);
    const unshuffled = await imageBatches(set, { imageSize: 6, shuffle: false });
    expect((await collect(unshuffled))[0]!.sources).toEqual(set.examples.map(({ path }) => path));
  });

  it('resumes within an epoch with the very batches that follow, and reads nothing that went before', async () => {
    const options = { imageSize: 6, batchSize: 4, seed: 9, augment: AUGMENT, augmentBatch: [mixUp()] };
    const whole = await collect(await imageBatches(memorySet(14), options), { epoch: 2 });
    const set = memorySet(14);
    const rest: PlainBatch[] = [];
    const resumed = await imageBatches(set, options);
    for await (const batch of resumed.batches({ epoch: 2, firstBatch: 2 })) rest.push(plain(batch));
    expect(rest).toEqual(whole.slice(2));
    expect(set.reads.reduce((sum, count) => sum + count, 0)).toBe(6);
  });

  it('augments an example alike whatever the batch size', async () => {
    const byPath = async (batchSize: number) => {
      const source = await imageBatches(memorySet(9), { imageSize: 6, batchSize, seed: 5, augment: AUGMENT });
      const pictures = new Map<string, number[]>();
      for (const { sources, images } of await collect(source, { epoch: 1 })) {
        sources.forEach((path, i) => pictures.set(path, images.slice(i * 108, (i + 1) * 108)));
      }
      return [...pictures].sort();
    };
    expect(await byPath(2)).toEqual(await byPath(9));
  });

  it('leaves the pictures of the set and of the cache as they are', async () => {
    const set = memorySet(4);
    const before = set.examples.map(({ image }) => [...image.pixels]);
    const invert: Augmentation = {
      name: 'invert',
      apply: (image) => {
        image.pixels.forEach((value, i) => (image.pixels[i] = 255 - value));
        return image;
      },
    };
    const source = await imageBatches(set, { imageSize: 6, augment: [invert], cache: 'memory' });
    expect(await collect(source)).toEqual(await collect(source));
    expect(set.examples.map(({ image }) => [...image.pixels])).toEqual(before);
  });

  it('reads each picture once with a cache, and those beyond its limit each time', async () => {
    const readsAfterTwoEpochs = async (cacheLimitBytes: number) => {
      const set = memorySet(6);
      const source = await imageBatches(set, {
        imageSize: 6,
        batchSize: 2,
        cache: 'memory',
        cacheLimitBytes,
      });
      expect(await collect(source)).toEqual(await collect(source));
      return set.reads.reduce((sum, count) => sum + count, 0);
    };
    expect(await readsAfterTwoEpochs(2 ** 20)).toBe(6);
    expect(await readsAfterTwoEpochs(108 * 4)).toBe(8);
    expect(await readsAfterTwoEpochs(0)).toBe(12);
  });

  it('makes at most so many batches ahead while the consumer works', async () => {
    const set = memorySet(40);
    const source = await imageBatches(set, { imageSize: 6, batchSize: 4, prefetch: 2 });
    for await (const batch of source.batches({ epoch: 0 })) {
      disposeBatch(batch);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(set.reads.reduce((sum, count) => sum + count, 0)).toBe(12);
      break;
    }
  });

  it('leaves no tensor and nothing running when the consumer stops early', async () => {
    const set = memorySet(40);
    const source = await imageBatches(set, { imageSize: 6, batchSize: 2, prefetch: 4 });
    for await (const batch of source.batches({ epoch: 0 })) {
      disposeBatch(batch);
      break;
    }
    const reads = [...set.reads];
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(set.reads).toEqual(reads);
  });

  it('stops with the reason of an aborted signal, before and during an epoch', async () => {
    const source = await imageBatches(memorySet(40), { imageSize: 6, batchSize: 2 });
    const reason = new Error('enough');
    const consume = async (signal: AbortSignal, abort: () => void) => {
      let count = 0;
      for await (const batch of source.batches({ epoch: 0, signal })) {
        disposeBatch(batch);
        if (++count === 3) abort();
      }
    };
    await expect(consume(AbortSignal.abort(reason), () => undefined)).rejects.toBe(reason);
    const controller = new AbortController();
    await expect(consume(controller.signal, () => controller.abort(reason))).rejects.toBe(reason);
  });

  it('passes on the failure of a picture when its batch is due, and after the batches before it', async () => {
    const set = memorySet(8);
    const readImage = (example: MemoryExample): Promise<DecodedImage> =>
      example.path === '5' ? Promise.reject(new Error('broken: 5')) : Promise.resolve(example.image);
    const source = await imageBatches({ ...set, readImage }, { imageSize: 6, batchSize: 2, shuffle: false });
    let count = 0;
    await expect(async () => {
      for await (const batch of source.batches({ epoch: 0 })) {
        disposeBatch(batch);
        count++;
      }
    }).rejects.toThrow('broken: 5');
    expect(count).toBe(2);
  });

  it('mixes labels that still sum to one with mixUp and cutMix', async () => {
    for (const mix of [mixUp({ alpha: 1 }), cutMix()]) {
      const source = await imageBatches(memorySet(8), { imageSize: 6, shuffle: false, augmentBatch: [mix] });
      const [{ labels }] = (await collect(source)) as [PlainBatch];
      const sums = Array.from({ length: 8 }, (_, i) => labels[i * 2]! + labels[i * 2 + 1]!);
      sums.forEach((sum) => expect(sum).toBeCloseTo(1, 5));
      expect(labels.some((value) => value > 0.001 && value < 0.999)).toBe(true);
    }
  });

  it('augments from a larger size and ends in the size asked for', async () => {
    const source = await imageBatches(memorySet(2, 20), {
      imageSize: [6, 8],
      augmentFrom: 12,
      augment: [{ name: 'check', apply: (image) => (image.height === 12 ? image : noise(1, 1)) }],
    });
    expect((await collect(source))[0]!.images.length).toBe(2 * 6 * 8 * 3);
  });

  it('drops the remainder and ends an epoch after stepsPerEpoch on demand', async () => {
    const dropped = await imageBatches(memorySet(7), { imageSize: 6, batchSize: 3, dropRemainder: true });
    expect([dropped.batchesPerEpoch, dropped.exampleCount]).toEqual([2, 6]);
    expect((await collect(dropped)).map(({ sources }) => sources.length)).toEqual([3, 3]);
    const short = await imageBatches(memorySet(7), { imageSize: 6, batchSize: 2, stepsPerEpoch: 2 });
    expect([short.batchesPerEpoch, short.exampleCount]).toEqual([2, 4]);
    expect((await collect(short)).length).toBe(2);
  });

  it.each([
    [{ imageSize: 0 }, /`options.imageSize`/],
    [{ imageSize: 6, batchsize: 3 }, /Did you mean 'batchSize'/],
    [{ imageSize: 6, batchSize: 1.5 }, /`options.batchSize`/],
    [{ imageSize: 6, seed: 'x' }, /`options.seed`/],
    [{ imageSize: 6, resize: 'linear' }, /Did you mean 'bilinear'/],
    [{ imageSize: 6, aspect: 'fill' }, /`options.aspect`/],
    [{ imageSize: 6, augment: [randomHorizontalFlip] }, /Call it/],
    [{ imageSize: 6, augment: randomHorizontalFlip() }, /a list of augmentations/],
    [{ imageSize: 6, shuffle: 'yes' }, /true or false for `options.shuffle`/],
    [{ imageSize: 6, normalization: 'imagenet' }, /`mode`/],
  ])('refuses the options %o', async (options, message) => {
    await expect(imageBatches(memorySet(2), options as never)).rejects.toThrow(message);
  });

  it('refuses a set without examples and a first batch beyond the epoch', async () => {
    await expect(imageBatches(memorySet(0), { imageSize: 6 })).rejects.toThrow(/at least one example/);
    const source = await imageBatches(memorySet(2), { imageSize: 6 });
    await expect(async () => {
      for await (const batch of source.batches({ epoch: 0, firstBatch: 2 })) disposeBatch(batch);
    }).rejects.toThrow(/`request.firstBatch`/);
  });
});

describe('imageBatches of a folder', () => {
  it('reads the files and names them as sources', async () => {
    const directory = await folderOf({ 'a/1.png': png(slopes(6, 6)), 'b/1.png': png(noise(6, 6)) });
    const folder = await readImageFolder(directory);
    const source = await folderBatches(folder, { imageSize: 6, shuffle: false, normalization: 'raw' });
    const [batch] = await collect(source);
    expect(batch!.sources).toEqual(folder.examples.map(({ path }) => path));
    expect(batch!.images).toEqual([...slopes(6, 6).pixels, ...noise(6, 6).pixels]);
  });

  it('names the file that is broken or gone', async () => {
    const directory = await folderOf({ 'a/1.png': png(slopes(6, 6)), 'a/2.png': 'junk' });
    const folder = await readImageFolder(directory);
    const error: unknown = await folderBatches(folder, { imageSize: 6 }).catch((e: unknown) => e);
    expect(isZooError(error, 'invalid-file')).toBe(true);
    expect((error as Error).message).toContain(folder.examples[1]!.path);
  });

  it('finds bad pictures before the first batch, counts and names them', async () => {
    const directory = await folderOf({
      'a/1.png': png(slopes(6, 6)),
      'a/2.png': png(slopes(6, 6)).subarray(0, 60),
      'a/3.png': 'junk',
      'a/4.png': '',
    });
    const folder = await readImageFolder(directory);
    await expect(folderBatches(folder, { imageSize: 6 })).rejects.toThrow(
      /3 of 4 are not: .*2\.png, .*3\.png, .*4\.png\. The first: Expected .*2\.png .* it ends too early/,
    );
  });

  it('skips bad pictures on demand and names them, those met later too', async () => {
    const damaged = png(noise(6, 6));
    damaged[60]! ^= 0xff;
    const directory = await folderOf({
      'a/1.png': png(slopes(6, 6)),
      'a/2.png': damaged,
      'a/3.png': 'junk',
      'b/4.png': png(noise(6, 6)),
    });
    const folder = await readImageFolder(directory);
    const options = { imageSize: 6, shuffle: false, onCorrupt: 'skip', normalization: 'raw' } as const;
    const source = await folderBatches(folder, options);
    const names = () => source.corrupt.map(({ path }) => path.slice(directory.length + 1));
    expect(names()).toEqual(['a/3.png']);
    for (let epoch = 0; epoch < 2; epoch++) {
      const [batch] = await collect(source, { epoch });
      expect(batch!.sources.map((path) => path.slice(directory.length + 1))).toEqual(['a/1.png', 'b/4.png']);
      expect(batch!.images).toEqual([...slopes(6, 6).pixels, ...noise(6, 6).pixels]);
      expect(batch!.labels).toEqual([1, 0, 0, 1]);
      expect(names()).toEqual(['a/3.png', 'a/2.png']);
    }
  });

  it("skips them in Keras' batches too, whose other pictures are as they were", async () => {
    const damaged = png(noise(6, 6));
    damaged[60]! ^= 0xff;
    const directory = await folderOf({
      'a/1.png': png(slopes(6, 6)),
      'a/2.png': damaged,
      'a/3.png': 'junk',
      'b/4.png': png(noise(6, 6)),
    });
    const folder = await readImageFolder(directory);
    const options = { targetSize: 6, shuffle: false } as const;
    await expect(kerasImageBatches(folder, options)).rejects.toThrow(/Expected .*3\.png/);
    const source = await kerasImageBatches(folder, { ...options, onCorrupt: 'skip' });
    const [batch] = await collect(source, { epoch: 0 });
    expect(source.corrupt.map(({ path }) => path.slice(directory.length + 1))).toEqual([
      'a/3.png',
      'a/2.png',
    ]);
    expect(batch!.images).toEqual([...slopes(6, 6).pixels, ...noise(6, 6).pixels]);
    expect(batch!.labels).toEqual([1, 0, 0, 1]);
  });

  it('refuses a set of which nothing can be read, even if bad pictures are skipped', async () => {
    const folder = await readImageFolder(await folderOf({ 'a/1.png': 'junk', 'b/1.png': 'junk' }));
    await expect(folderBatches(folder, { imageSize: 6, onCorrupt: 'skip' })).rejects.toThrow(
      /2 of 2 are not/,
    );
  });
});
