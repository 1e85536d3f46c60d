import { createRandom, type BatchSource, type Random } from '@zoo/core';

import { describeAugmentations } from '../augment/augmentation';
import type { ImageExample, ImageSet, OpenableImageSet, ReadableImageSet } from '../sets/image-set';

import { createBatchSource, placesOf, type BatchPart, type MakeBatch, type TakeValues } from './batch-source';
import type { CorruptImage } from './check-images';
import { sortOutCorrupt, type ImageBatchSource } from './corrupt-pictures';
import { batchFiller } from './fill-batch';
import { fingerprintOfExamples } from './fingerprint-of-examples';
import {
  resolveBatchesOptions,
  type ImageBatchesOptions,
  type ResolvedBatchesOptions,
} from './image-batches-options';
import { pictureFiller, runHere, type RunPictureProgram } from './picture-filler';
import { weightedDraws, type WeightedDraws } from './sampler';

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
  return createImageBatches(set, options, { run: runHere, isShared: false });
}

/** How programs are run, and whether batches lie in memory that other threads write to. */
export interface PictureRunner {
  readonly run: RunPictureProgram;
  readonly isShared: boolean;
}

/** {@link imageBatches} with the programs of its pictures run by `runner`. */
export async function createImageBatches<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  options: ImageBatchesOptions,
  runner: PictureRunner,
): Promise<ImageBatchSource> {
  const resolved = resolveBatchesOptions(options);
  const { readable, corrupt } = await sortOutCorrupt(set, resolved.onCorrupt);
  return createSource(readable, resolved, corrupt, runner);
}

function createSource<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
  corrupt: CorruptImage[],
  runner: PictureRunner,
): ImageBatchSource {
  const { height, width, resize, aspect, cropFraction, padColor, colorMode, normalization } = options;
  const draws = options.sampler && weightedDraws(set, options.sampler);
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
    isShared: runner.isShared,
    beginEpoch: batchMaker(set, options, corrupt, runner, draws),
    // What mixes the pictures of a batch needs all of them.
    makesParts: options.augmentBatch.length === 0,
    settings: settingsOf(set, options, draws),
  });
  const sizeVaries = options.imageSizeByEpoch.some((size) => size.height !== height || size.width !== width);
  return { ...source, ...(sizeVaries && { sizeVaries }), corrupt };
}

function settingsOf<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
  draws: WeightedDraws | undefined,
): NonNullable<BatchSource['settings']> {
  const { shuffle, seed, dropRemainder, imageSize, augmentFrom = imageSize, imageSizeByEpoch } = options;
  return {
    examples: fingerprintOfExamples(set),
    ...{ shuffle, seed, dropRemainder },
    ...(draws !== undefined && { sampler: draws.fingerprint }),
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
  { run }: PictureRunner,
  draws: WeightedDraws | undefined,
): (epoch: number, takeValues: TakeValues, part: BatchPart) => MakeBatch {
  const { batchSize } = options;
  const random = createRandom(options.seed);
  const filler = pictureFiller(set, options, run);
  const { channels } = filler;
  const fillBatch = batchFiller(set, { ...options, corrupt });
  return (epoch, takeValues, part) => {
    const { height, width } = sizeOfEpoch(options, epoch);
    const order = orderOf(set, options, draws, random, epoch);
    return async (index, signal) => {
      const whole = order.subarray(index * batchSize, (index + 1) * batchSize);
      const { start, end } =
        options.augmentBatch.length === 0 ? placesOf(whole.length, part) : { start: 0, end: whole.length };
      const members = [...whole.subarray(start, end)];
      const made = await fillBatch({
        ...{ members, height, width, channels, signal },
        images: takeValues(members.length * height * width * channels),
        isPart: members.length < whole.length,
        fill: (member, values) => filler.fill({ member, epoch, size: { height, width }, values, signal }),
      });
      options.augmentBatch.forEach((change, place) =>
        change.apply(made.pixels, random.fork('augmentBatch', epoch, index, change.name, place), { epoch }),
      );
      return made;
    };
  };
}

/** The places of an epoch's examples, one after the other. */
function orderOf(
  set: ImageSet,
  { shuffle }: ResolvedBatchesOptions,
  draws: WeightedDraws | undefined,
  random: Random,
  epoch: number,
): Uint32Array {
  if (draws !== undefined) return draws.draw(random.fork('sample', epoch));
  if (shuffle) return random.fork('shuffle', epoch).permutation(set.examples.length);
  return Uint32Array.from(set.examples.keys());
}

/** Height and width of the pictures in the batches of `epoch`. */
function sizeOfEpoch(options: ResolvedBatchesOptions, epoch: number): { height: number; width: number } {
  let end = 0;
  const first = options.imageSizeByEpoch.find(({ epochs }) => epoch < (end += epochs));
  return first ?? options;
}
