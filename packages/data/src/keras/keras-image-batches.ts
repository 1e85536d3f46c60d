import { fingerprintOf, type BatchSource, type JsonValue } from '@zoo/core';
import { DEFAULT_PREPROCESSING, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { createBatchSource, type BatchSourceParts, type MakeBatch } from '../batches/batch-source';
import type { CorruptImage } from '../batches/check-images';
import { sortOutCorrupt, type ImageBatchSource } from '../batches/corrupt-pictures';
import { batchFiller } from '../batches/fill-batch';
import { fingerprintOfExamples } from '../batches/fingerprint-of-examples';
import { IMAGE_BATCHES_OPTIONS } from '../batches/image-batches-options';
import { fittedPixels, usePicture, runHere, type RunPictureProgram } from '../batches/pixels-after';
import type { DecodedImage } from '../image/decoded-image';
import { fitToSize } from '../image/fit-image';
import { IMAGE_SIZE } from '../option-rows';
import type { ImageExample, OpenableImageSet, ReadableImageSet } from '../sets/image-set';
import { isMultiLabel } from '../sets/labels';

import { applyTransform } from './apply-transform';
import {
  expectStatistics,
  GENERATOR_OPTIONS,
  resolveGeneratorOptions,
  type ResolvedGeneratorOptions,
} from './image-data-generator-options';
import { numpyRandom } from './numpy-random';
import { drawTransform } from './random-transform';
import { standardize, standardNormalization } from './standardize';

/** Options of `kerasImageBatches`, as data. */
export const KERAS_IMAGE_BATCHES_OPTIONS = {
  ...GENERATOR_OPTIONS,
  /** Default 256. */
  targetSize: { ...IMAGE_SIZE, default: [256, 256] },
  /** Default 32. */
  batchSize: IMAGE_BATCHES_OPTIONS.batchSize,
  /** Default true. */
  shuffle: IMAGE_BATCHES_OPTIONS.shuffle,
  /** What NumPy's generator is seeded with, plus the number of batches before. Default 0; Keras has none. */
  seed: { ...IMAGE_BATCHES_OPTIONS.seed, maximum: 4_294_967_295 },
  /** Default `nearest`; `antialias` is Pillow's `bilinear`, `bicubic` its `bicubic`. */
  interpolation: { ...IMAGE_BATCHES_OPTIONS.resize, default: 'nearest' },
  /** Crops the middle to the target's proportion instead of distorting. Default false. */
  keepAspectRatio: { type: 'boolean', default: false },
  /**
   * Batches an epoch takes of the generator, which goes on in the next epoch where this one ends, as `steps_per_epoch` and
   * `validation_steps` do in Keras 2: what is left over of the pictures comes first then. Default: all of one pass.
   */
  stepsPerEpoch: IMAGE_BATCHES_OPTIONS.stepsPerEpoch,
  /** Batches made ahead. Default 2. */
  prefetch: IMAGE_BATCHES_OPTIONS.prefetch,
  /** What becomes of pictures that can't be read: Keras stops, too, at the first. `'skip'` leaves them out. Default `'error'`. */
  onCorrupt: IMAGE_BATCHES_OPTIONS.onCorrupt,
} as const satisfies OptionTable;

/** Options of `kerasImageBatches`, with the defaults of Keras' `flow_from_directory`. */
export interface KerasImageBatchesOptions extends OptionsOf<typeof KERAS_IMAGE_BATCHES_OPTIONS> {}

/**
 * Yields the batches of Keras' `ImageDataGenerator(...).flow_from_directory(...)`: the same order, draws and arithmetic for a seed.
 *
 * Batch number b, counted over all epochs, draws from NumPy's MT19937 seeded with `seed + b`; the first batch of an epoch draws the order
 * first. Two differences remain: pixels of JPEG files, whose decoders differ by a few levels, and transparent pixels, which are laid over
 * white. `imageBatches` is faster and its augmentation does not depend on the batch size.
 *
 * @example
 * const train = await kerasImageBatches(folder, { targetSize: 224, rescale: 1 / 255, horizontalFlip: true, seed: 1 });
 *
 * @throws ArgumentError for an option that makes no sense or a set without examples; ZooError `invalid-file` for pictures that can't
 *   be read, unless they are skipped.
 */
export function kerasImageBatches<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  options: KerasImageBatchesOptions,
): Promise<ImageBatchSource> {
  return createKerasBatches(set, options, runHere);
}

/** {@link kerasImageBatches} with files decoded and resized by `run`. */
export function createKerasBatches<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  options: KerasImageBatchesOptions,
  run: RunPictureProgram,
): Promise<ImageBatchSource> {
  return Promise.resolve().then(async () => {
    const settings = resolve(options);
    expectStatistics(settings.generator);
    const { readable, corrupt } = await sortOutCorrupt(set, settings.onCorrupt);
    const { height, width, resize, aspect, cropFraction, padColor } = settings;
    const normalization = standardNormalization(settings.generator);
    const source = createBatchSource({
      ...settings,
      classNames: set.classNames,
      isMultiLabel: isMultiLabel(set),
      preprocessing: {
        imageSize: [height, width],
        resize,
        aspect,
        cropFraction,
        padColor,
        colorMode: 'rgb',
        ...(normalization && { normalization }),
      },
      total: readable.examples.length,
      dropRemainder: false,
      isEndless: true,
      settings: describeSettings(readable, settings),
      beginEpoch: epochStarter(readable, settings, corrupt, run),
    });
    return { ...source, corrupt };
  });
}

type Settings = ReturnType<typeof resolve>;

function resolve(options: KerasImageBatchesOptions) {
  const {
    targetSize: [height, width],
    batchSize,
    shuffle,
    seed,
    interpolation: resize,
    keepAspectRatio,
    stepsPerEpoch,
    prefetch: ahead,
    onCorrupt,
    ...generator
  } = readOptions(KERAS_IMAGE_BATCHES_OPTIONS, options);
  return {
    ...{ height, width, batchSize, shuffle, seed, resize, stepsPerEpoch, ahead, onCorrupt },
    aspect: keepAspectRatio ? ('crop' as const) : ('stretch' as const),
    cropFraction: DEFAULT_PREPROCESSING.cropFraction,
    padColor: DEFAULT_PREPROCESSING.padColor,
    generator: resolveGeneratorOptions(generator),
  };
}

function describeSettings<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  { shuffle, seed, resize, aspect, generator }: Settings,
): NonNullable<BatchSource['settings']> {
  // A caller's function has no description except its name.
  const text = JSON.stringify(generator, (_key, value: unknown) =>
    typeof value === 'function' ? value.name : value instanceof Float32Array ? fingerprintOf(value) : value,
  );
  const described = JSON.parse(text) as Record<string, JsonValue>;
  return { examples: fingerprintOfExamples(set), shuffle, seed, resize, aspect, ...described };
}

function epochStarter<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  settings: Settings,
  corrupt: CorruptImage[],
  run: RunPictureProgram,
): BatchSourceParts['beginEpoch'] {
  const { height, width, batchSize, shuffle, seed, generator } = settings;
  const total = set.examples.length;
  const batchesPerPass = Math.ceil(total / batchSize);
  const { stepsPerEpoch: batchesPerEpoch = batchesPerPass } = settings;
  const fillBatch = batchFiller(set, {
    ...settings,
    concurrency: IMAGE_BATCHES_OPTIONS.concurrency.default,
    corrupt,
  });
  const fitted = async (example: Example, signal: AbortSignal): Promise<DecodedImage> => {
    const pixels = await usePicture(set, example, signal, (opened) =>
      fittedPixels(opened, [height, width], settings, run),
    );
    // Damaged or out of the ordinary: another decoder reads it, or says what is wrong with it.
    return pixels ?? fitToSize(await set.readImage(example, signal), [height, width], settings);
  };
  // The n-th batch of all draws from its own generator; the first of a pass draws the order of the pictures before all else.
  const randomAt = (batch: number) => numpyRandom((seed + batch) % 2 ** 32);
  const orderFrom = (random: ReturnType<typeof numpyRandom>) =>
    shuffle ? random.permutation(total) : Uint32Array.from(set.examples.keys());
  return (epoch, takeValues) => {
    const orders = new Map<number, Uint32Array>();
    const make: MakeBatch = async (step, signal) => {
      const seen = epoch * batchesPerEpoch + step;
      const index = seen % batchesPerPass;
      const random = randomAt(seen);
      if (index === 0) orderFrom(random);
      const start = seen - index;
      const order = orders.get(start) ?? orderFrom(randomAt(start));
      orders.set(start, order);
      const members = [...order.subarray(index * batchSize, (index + 1) * batchSize)];
      // Draws come in the order of the batch, whatever is read first.
      const parameters = members.map(() => drawTransform(generator, height, width, random));
      return fillBatch({
        ...{ members, height, width, channels: 3, signal },
        images: takeValues(members.length * height * width * 3),
        fill: async (member, values, place) => {
          values.set((await fitted(set.examples[member]!, signal)).pixels);
          const finished = finish(values, settings, parameters[place]!, generator);
          if (finished !== values) values.set(finished);
        },
      });
    };
    return { make };
  };
}

function finish(
  values: Float32Array,
  { height, width }: Pick<Settings, 'height' | 'width'>,
  parameters: ReturnType<typeof drawTransform>,
  generator: ResolvedGeneratorOptions,
): Float32Array {
  return standardize(applyTransform({ values, height, width }, parameters, generator), generator).values;
}
