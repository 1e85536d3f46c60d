import { createRandom, type BatchSource, type Random } from '@zoo/core';

import { describeAugmentations } from '../augment/augmentation';
import {
  expectSet,
  type ImageExample,
  type ImageSet,
  type OpenableImageSet,
  type ReadableImageSet,
} from '../sets/image-set';
import { isMultiLabel } from '../sets/labels';

import { createBatchSource, placesOf, type BatchSourceParts, type MakeBatch } from './batch-source';
import type { CorruptImage } from './check-images';
import { sortOutCorrupt, type ImageBatchSource } from './corrupt-pictures';
import { batchFiller } from './fill-batch';
import { fingerprintOfExamples } from './fingerprint-of-examples';
import {
  resolveBatchesOptions,
  type ImageBatchesOptions,
  type ResolvedBatchesOptions,
} from './image-batches-options';
import { createMemoryCache, type CreatePictureCache, type PictureCache } from './picture-cache';
import { pictureFiller } from './picture-filler';
import { runHere, type RunPictureProgram } from './pixels-after';
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
  return createImageBatches(set, options, { run: runHere, isShared: false, createCache: createMemoryCache });
}

/** What a source of batches works with. */
export interface PictureRunner {
  /** Runs the programs of its pictures. */
  readonly run: RunPictureProgram;
  /** True if batches lie in memory that other threads write to. */
  readonly isShared: boolean;
  readonly createCache: CreatePictureCache;
}

/** {@link imageBatches} with what `runner` has. */
export async function createImageBatches<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  options: ImageBatchesOptions,
  runner: PictureRunner,
): Promise<ImageBatchSource> {
  expectSet('set', set);
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
  const cache = runner.createCache(set.examples, options);
  const source = createBatchSource({
    ...options,
    classNames: set.classNames,
    isMultiLabel: isMultiLabel(set),
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
    beginEpoch: epochStarter(set, options, { corrupt, run: runner.run, cache, draws }),
    // Batch augmentations need all pictures of the batch.
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

interface EpochParts {
  readonly corrupt: CorruptImage[];
  readonly run: RunPictureProgram;
  readonly cache: PictureCache | undefined;
  readonly draws: WeightedDraws | undefined;
}

/** A function that begins an epoch. */
function epochStarter<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: ResolvedBatchesOptions,
  { corrupt, run, cache, draws }: EpochParts,
): BatchSourceParts['beginEpoch'] {
  const { batchSize } = options;
  const random = createRandom(options.seed);
  const filler = pictureFiller(set, options, run);
  const { channels } = filler;
  const fillBatch = batchFiller(set, { ...options, corrupt });
  return async (epoch, takeValues, part) => {
    const { height, width } = sizeOfEpoch(options, epoch);
    const order = orderOf(set, options, draws, random, epoch);
    const kept = await cache?.begin();
    const make: MakeBatch = async (index, signal) => {
      const whole = order.subarray(index * batchSize, (index + 1) * batchSize);
      const { start, end } =
        options.augmentBatch.length === 0 ? placesOf(whole.length, part) : { start: 0, end: whole.length };
      const members = [...whole.subarray(start, end)];
      const made = await fillBatch({
        ...{ members, height, width, channels, signal },
        images: takeValues(members.length * height * width * channels),
        isPart: members.length < whole.length,
        fill: (member, values) =>
          filler.fill({ member, epoch, size: { height, width }, values, kept, signal }),
      });
      options.augmentBatch.forEach((change, place) =>
        change.apply(made.pixels, random.fork('augmentBatch', epoch, index, change.name, place), { epoch }),
      );
      return made;
    };
    return { make, end: async () => kept?.end() };
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
