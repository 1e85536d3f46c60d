import { ArgumentError, createRandom, type BatchSource } from '@zoo/core';

import { describeAugmentations, type PixelBatch } from '../augment/augmentation';
import { copyImage, type DecodedImage } from '../image/decoded-image';
import { fitToSize } from '../image/fit-image';
import { resizeImage } from '../image/resize-image';
import type { ImageExample, ReadableImageSet } from '../sets/image-set';

import { createBatchSource, placesOf, type BatchPart, type MakeBatch, type TakeValues } from './batch-source';
import { byteBoundedCache } from './byte-bounded-cache';
import { corruptError, type CorruptImage } from './check-images';
import { corruptSkipper, sortOutCorrupt, withoutPlaces, type ImageBatchSource } from './corrupt-pictures';
import { fingerprintOfExamples } from './fingerprint-of-examples';
import {
  resolveBatchesOptions,
  type ImageBatchesOptions,
  type ResolvedBatchesOptions,
} from './image-batches-options';
import { allOrFirstFailure, createLimiter } from './limiter';
import { pictureWriter } from './normalize-pixels';

/**
 * Batches of a set of pictures: read, resized, augmented, normalised and made ahead of their use.
 *
 * Order and augmentation are functions of `seed`, the epoch and the example, so an epoch asked for twice is the same twice,
 * from whichever batch on. Before the first batch every file's structure is looked at (of more than 50,000 files, every so
 * many), so that a bad picture is found before an epoch is spent. Tensors are made when a batch is yielded, never ahead: a consumer that stops early leaves none.
 *
 * @example
 * const batches = await imageBatches(set, { imageSize: 64, augment: [randomHorizontalFlip()], seed: 1 });
 * for await (const batch of batches.batches({ epoch: 0 })) {
 *   // ... a step on batch.images [32, 64, 64, 3] and batch.labels [32, classes]
 *   disposeBatch(batch);
 * }
 *
 * @param set The pictures and how they are read; `@zoo/data/node` has the same function for folders.
 * @param options Size, order, augmentation, normalisation.
 * @throws ArgumentError for an option that makes no sense or a set without examples; ZooError `invalid-file` for pictures that
 *   can't be read, unless they are skipped.
 */
export function imageBatches<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ImageBatchesOptions,
): Promise<ImageBatchSource> {
  return Promise.resolve().then(() => checkAndCreate(set, resolveBatchesOptions(options)));
}

async function checkAndCreate<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
): Promise<ImageBatchSource> {
  const { readable, corrupt } = await sortOutCorrupt(set, options.onCorrupt);
  return createSource(readable, options, corrupt);
}

function createSource<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
  corrupt: CorruptImage[],
): ImageBatchSource {
  const { height, width, resize, aspect, cropFraction, padColor, colorMode, normalization } = options;
  const source = createBatchSource({
    ...options,
    classNames: set.classNames,
    preprocessing: {
      imageSize: [height, width],
      resize,
      aspect,
      cropFraction,
      padColor,
      colorMode,
      normalization,
    },
    total: set.examples.length,
    ahead: options.prefetch,
    beginEpoch: batchMaker(set, options, corrupt),
    // What mixes the pictures of a batch needs all of them.
    makesParts: options.augmentBatch.length === 0,
    settings: settingsOf(set, options),
  });
  const sizeVaries = options.imageSizeByEpoch.some((size) => size.height !== height || size.width !== width);
  return { ...source, ...(sizeVaries && { sizeVaries }), corrupt };
}

function settingsOf<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
): NonNullable<BatchSource['settings']> {
  const { shuffle, seed, dropRemainder, imageSize, augmentFrom = imageSize, imageSizeByEpoch } = options;
  return {
    examples: fingerprintOfExamples(set),
    ...{ shuffle, seed, dropRemainder },
    augment: describeAugmentations(options.augment),
    augmentBatch: describeAugmentations(options.augmentBatch),
    augmentFrom,
    ...(imageSizeByEpoch.length > 0 && { imageSizeByEpoch: imageSizeByEpoch.map((size) => ({ ...size })) }),
  };
}

/** A function that begins an epoch. */
function batchMaker<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
  corrupt: CorruptImage[],
): (epoch: number, takeValues: TakeValues, part: BatchPart) => MakeBatch {
  const { batchSize } = options;
  const random = createRandom(options.seed);
  const prepare = preparer(set, options);
  const { channels, write } = pictureWriter(
    options.colorMode,
    options.normalization,
    'options.normalization',
  );
  const classes = set.classNames.length;
  const skip = corruptSkipper(options.onCorrupt, corrupt);
  return (epoch, takeValues, part) => {
    const { height, width } = sizeOfEpoch(options, epoch);
    const limit = createLimiter(options.concurrency);
    const order = options.shuffle
      ? random.fork('shuffle', epoch).permutation(set.examples.length)
      : Uint32Array.from(set.examples.keys());
    return async (index, signal) => {
      const whole = order.subarray(index * batchSize, (index + 1) * batchSize);
      const { start, end } =
        options.augmentBatch.length === 0 ? placesOf(whole.length, part) : { start: 0, end: whole.length };
      const members = [...whole.subarray(start, end)];
      const size = members.length;
      const left = new Set<number>();
      const images = takeValues(size * height * width * channels);
      const labels = new Float32Array(size * classes);
      const fill = async (member: number, place: number): Promise<void> => {
        signal.throwIfAborted();
        const prepared = await prepare(member, signal).catch((error: unknown) => {
          skip(set.examples[member]!.path, error);
          return undefined;
        });
        signal.throwIfAborted();
        if (prepared === undefined) {
          left.add(place);
          return;
        }
        write(
          augmented(prepared, { ...options, height, width }, [epoch, member]),
          images,
          place * height * width * channels,
        );
        labels[place * classes + set.examples[member]!.label] = 1;
      };
      await allOrFirstFailure(members.map((member, place) => limit(() => fill(member, place))));
      const all: PixelBatch = { images, labels, size, height, width, channels, classes };
      const pixels = left.size === 0 ? all : withoutPlaces(all, left);
      // A part of a batch may be empty.
      if (pixels.size === 0 && members.length === whole.length)
        throw corruptError(corrupt, set.examples.length);
      options.augmentBatch.forEach((change, place) =>
        change.apply(pixels, random.fork('augmentBatch', epoch, index, change.name, place), { epoch }),
      );
      const kept = members.filter((_, place) => !left.has(place));
      return { pixels, sources: kept.map((member) => set.examples[member]!.path) };
    };
  };
}

/** Height and width of the pictures in the batches of `epoch`. */
function sizeOfEpoch(options: ResolvedBatchesOptions, epoch: number): { height: number; width: number } {
  let end = 0;
  const first = options.imageSizeByEpoch.find(({ epochs }) => epoch < (end += epochs));
  return first ?? options;
}

/** A function that gives example `index` in the size that augmentation begins with, from the cache if it is there. */
function preparer<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
): (index: number, signal: AbortSignal) => Promise<DecodedImage> {
  const cache = byteBoundedCache(options.cache === 'memory' ? options.cacheLimitBytes : 0);
  return async (index, signal) => {
    const known = cache.get(index);
    if (known !== undefined) return known;
    const image = await set.readImage(set.examples[index]!, signal);
    const fitted = fitToSize(image, options.augmentFrom ?? options.imageSize, options);
    cache.offer(index, fitted);
    return fitted;
  };
}

function augmented(
  prepared: DecodedImage,
  { augment, seed, height, width, resize }: ResolvedBatchesOptions,
  [epoch, example]: readonly [number, number],
): DecodedImage {
  if (augment.length === 0) return resizeImage(prepared, [height, width], resize);
  const random = createRandom(seed).fork('augment', epoch, example);
  const target = { height, width };
  // The cache, or the set itself, may hold the picture that came.
  let image = copyImage(prepared);
  augment.forEach((augmentation, place) => {
    image = augmentation.apply(image, random.fork(augmentation.name, place), target);
    if (image.pixels.length === image.height * image.width * 3) return;
    throw new ArgumentError(
      `options.augment[${place}]`,
      'an augmentation that returns height x width x 3 pixels',
      image.pixels.length,
      `Its name is '${augmentation.name}'.`,
    );
  });
  return resizeImage(image, [height, width], resize);
}
