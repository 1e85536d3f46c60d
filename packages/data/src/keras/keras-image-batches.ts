import { fingerprintOf, type BatchSource, type JsonValue } from '@zoo/core';
import { DEFAULT_PREPROCESSING, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { createBatchSource, type BatchSourceParts, type MakeBatch } from '../batches/batch-source';
import type { CorruptImage } from '../batches/check-images';
import { sortOutCorrupt, type ImageBatchSource } from '../batches/corrupt-pictures';
import { batchFiller } from '../batches/fill-batch';
import { fingerprintOfExamples } from '../batches/fingerprint-of-examples';
import { IMAGE_BATCHES_OPTIONS } from '../batches/image-batches-options';
import type { LabelWriter } from '../batches/label-writer';
import { fittedPixels, usePicture, runHere, type RunPictureProgram } from '../batches/pixels-after';
import { fitToSize } from '../image/fit-image';
import { IMAGE_SIZE } from '../option-rows';
import type { ImageExample, OpenableImageSet, ReadableImageSet } from '../sets/image-set';

import { applyTransform } from './apply-transform';
import { KERAS_CHANNELS, KERAS_COLOR_MODES, readChannels, type ChannelImage } from './channel-image';
import { fitChannels } from './fit-channels';
import {
  expectStatistics,
  GENERATOR_OPTIONS,
  resolveGeneratorOptions,
  type FloatImage,
  type ResolvedGeneratorOptions,
} from './image-data-generator-options';
import { LABEL_MODES, labelsByMode } from './label-modes';
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
  /** The channels of the pictures, before they are resized; `rgba` has their opacity as the fourth. Default `rgb`. */
  colorMode: { type: 'choice', choices: KERAS_COLOR_MODES, default: 'rgb' },
  /** What batches have for labels; Keras' None is `none`, and its `input` the images themselves. Default `categorical`. */
  classMode: { type: 'choice', choices: LABEL_MODES, default: 'categorical' },
  /** Default `nearest`. Keras' `bilinear` is `antialias`; its other names are ours. */
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
 * Yields the batches of Keras' `ImageDataGenerator(...).flow(...)`: the same order, draws and arithmetic for a seed; `flowFromDirectory` of
 * `@zoo/data/node` finds a directory's files as Keras does.
 *
 * Batch number b, counted over all epochs, draws from NumPy's MT19937 seeded with `seed + b`; the first batch of an epoch draws the order
 * first. In Node files have Pillow's pixels and so the batches Keras' values; in browsers, JPEG files differ by a few levels and transparent
 * pixels are laid over white. `imageBatches` is faster, and its augmentation does not depend on the batch size.
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
    const { colorMode, classMode } = settings;
    const channels = KERAS_CHANNELS[colorMode];
    expectStatistics(settings.generator, channels);
    const { readable, corrupt } = await sortOutCorrupt(set, settings.onCorrupt);
    const { height, width, resize, aspect, cropFraction, padColor } = settings;
    const { classNames, isMultiLabel, labels } = labelsByMode(set, classMode, 'options.classMode');
    const normalization = standardNormalization(settings.generator, channels);
    const source = createBatchSource({
      ...settings,
      ...{ classNames, isMultiLabel, channels },
      preprocessing: {
        imageSize: [height, width],
        resize,
        aspect,
        cropFraction,
        padColor,
        ...(colorMode !== 'rgba' && { colorMode }),
        ...(normalization && { normalization }),
      },
      total: readable.examples.length,
      dropRemainder: false,
      isEndless: true,
      settings: describeSettings(readable, settings),
      beginEpoch: epochStarter(readable, settings, { corrupt, run, labels }),
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
    colorMode,
    classMode,
    interpolation: resize,
    keepAspectRatio,
    stepsPerEpoch,
    prefetch: ahead,
    onCorrupt,
    ...generator
  } = readOptions(KERAS_IMAGE_BATCHES_OPTIONS, options);
  return {
    ...{
      height,
      width,
      batchSize,
      shuffle,
      seed,
      colorMode,
      classMode,
      resize,
      stepsPerEpoch,
      ahead,
      onCorrupt,
    },
    aspect: keepAspectRatio ? ('crop' as const) : ('stretch' as const),
    cropFraction: DEFAULT_PREPROCESSING.cropFraction,
    padColor: DEFAULT_PREPROCESSING.padColor,
    generator: resolveGeneratorOptions(generator),
  };
}

function describeSettings<Example extends ImageExample>(
  set: ReadableImageSet<Example>,
  { shuffle, seed, resize, aspect, colorMode, classMode, generator }: Settings,
): NonNullable<BatchSource['settings']> {
  // A caller's function has no description except its name.
  const text = JSON.stringify(generator, (_key, value: unknown) =>
    typeof value === 'function' ? value.name : value instanceof Float32Array ? fingerprintOf(value) : value,
  );
  const described = JSON.parse(text) as Record<string, JsonValue>;
  return {
    ...{ examples: fingerprintOfExamples(set), shuffle, seed, resize, aspect },
    ...(colorMode !== 'rgb' && { colorMode }),
    ...(classMode !== 'categorical' && { classMode }),
    ...described,
  };
}

function epochStarter<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  settings: Settings,
  { corrupt, run, labels }: { corrupt: CorruptImage[]; run: RunPictureProgram; labels: LabelWriter },
): BatchSourceParts['beginEpoch'] {
  const { height, width, batchSize, shuffle, seed, colorMode, aspect, generator } = settings;
  const channels = KERAS_CHANNELS[colorMode];
  const total = set.examples.length;
  const batchesPerPass = Math.ceil(total / batchSize);
  const { stepsPerEpoch: batchesPerEpoch = batchesPerPass } = settings;
  const fillBatch = batchFiller(set, {
    ...settings,
    concurrency: IMAGE_BATCHES_OPTIONS.concurrency.default,
    ...{ corrupt, labels },
  });
  const fitted = async (example: Example, signal: AbortSignal): Promise<ChannelImage> => {
    // Kernels know three channels alone, and no pixels beside a crop.
    if (channels !== 3 || aspect === 'crop')
      return fitChannels(await readChannels(set, example, colorMode, signal), [height, width], settings);
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
        ...{ members, height, width, channels, signal },
        images: takeValues(members.length * height * width * channels),
        fill: async (member, values, place) => {
          values.set((await fitted(set.examples[member]!, signal)).pixels);
          const finished = finish({ values, height, width, channels }, parameters[place]!, generator);
          if (finished !== values) values.set(finished);
        },
      });
    };
    return { make };
  };
}

function finish(
  image: FloatImage,
  parameters: ReturnType<typeof drawTransform>,
  generator: ResolvedGeneratorOptions,
): Float32Array {
  return standardize(applyTransform(image, parameters, generator), generator).values;
}
