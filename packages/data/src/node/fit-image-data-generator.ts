import * as tf from '@tensorflow/tfjs-core';
import { ArgumentError, expectEngine, ZooError } from '@zoo/core';
import { DEFAULT_PREPROCESSING, readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';
import type * as matrices from 'ml-matrix';

import { DECODING_OPTIONS } from '../image/decode-options';
import { applyTransform } from '../keras/apply-transform';
import { KERAS_CHANNELS, readChannels, type ChannelCount } from '../keras/channel-image';
import { fitChannels } from '../keras/fit-channels';
import {
  MEASURED_OPTIONS,
  resolveGeneratorOptions,
  type FeaturewiseStatistics,
} from '../keras/image-data-generator-options';
import { KERAS_IMAGE_BATCHES_OPTIONS } from '../keras/keras-image-batches';
import { numpyRandom } from '../keras/numpy-random';
import { drawTransform } from '../keras/random-transform';
import type { ImageExample, ImageSet, ReadableImageSet } from '../sets/image-set';

import { filesOf } from './files-of';

const { targetSize, interpolation, keepAspectRatio, colorMode, seed } = KERAS_IMAGE_BATCHES_OPTIONS;

const FIT_GENERATOR_OPTIONS = {
  ...MEASURED_OPTIONS,
  ...{ targetSize, interpolation, keepAspectRatio, colorMode, seed },
  /** Added to the singular values of the pictures before they divide. Default 1e-6. */
  zcaEpsilon: { type: 'number', minimum: 0, default: 1e-6 },
  /** Measures randomly changed pictures. Default false. */
  augment: { type: 'boolean', default: false },
  /** With `augment`: how often each picture is changed and measured. Default 1. */
  rounds: { type: 'integer', minimum: 1, default: 1 },
} as const satisfies OptionTable;

/** Options of {@link fitImageDataGenerator}: those that the batches are made with. */
export interface FitImageDataGeneratorOptions extends OptionsOf<typeof FIT_GENERATOR_OPTIONS> {}

/** Beyond so many values a picture, eigenvectors take hours. */
const LARGEST_WHITENED = 4096;
/** Pictures whose products are summed at a time. */
const CHUNK = 256;

/**
 * Measures all pictures of a set as Keras' `ImageDataGenerator.fit` does: mean and deviation of each channel and, with `zcaWhitening`, the
 * whitening matrix.
 *
 * Pictures are measured after `rescale`. Whitening takes the eigenvectors of all values' covariances, by the optional peer `ml-matrix`: seconds
 * for 16 x 16 pixels, minutes for 32 x 32.
 *
 * @example
 * const statistics = await fitImageDataGenerator(train, { targetSize: 32, featurewiseStdNormalization: true });
 * const batches = await kerasImageBatches(train, { targetSize: 32, featurewiseStdNormalization: true, statistics });
 *
 * @throws ArgumentError for whitening of pictures of more than 4,096 values; ZooError `unsupported` where `ml-matrix` is absent.
 */
export async function fitImageDataGenerator<Example extends ImageExample>(
  set: ImageSet<Example> | ReadableImageSet<Example>,
  options: FitImageDataGeneratorOptions,
): Promise<FeaturewiseStatistics> {
  const settings = readOptions(FIT_GENERATOR_OPTIONS, options);
  const generator = resolveGeneratorOptions({ ...settings, statistics: undefined });
  const [height, width] = settings.targetSize;
  const channels = KERAS_CHANNELS[settings.colorMode];
  const size = height * width * channels;
  if (generator.zcaWhitening && size > LARGEST_WHITENED) {
    throw new ArgumentError(
      'options.targetSize',
      `pictures of at most ${LARGEST_WHITENED} values for \`zcaWhitening\``,
      `${height} x ${width} x ${channels}`,
      'Take smaller ones, 32 for example.',
    );
  }
  const readable = filesOf(set, readOptions(DECODING_OPTIONS, { convention: 'pillow' }));
  if (readable.examples.length === 0) throw new ArgumentError('set', 'at least one example', 0);
  const rescale = Math.fround(generator.rescale);
  const rounds = settings.augment ? settings.rounds : 1;
  const aspect = settings.keepAspectRatio ? ('crop' as const) : ('stretch' as const);
  const fitting = { ...DEFAULT_PREPROCESSING, resize: settings.interpolation, aspect };
  const pictures = async function* (): AsyncGenerator<Float32Array, void> {
    const random = numpyRandom(settings.seed);
    for (let round = 0; round < rounds; round++) {
      for (const example of readable.examples) {
        const read = await readChannels(readable, example, settings.colorMode);
        const image = fitChannels(read, [height, width], fitting);
        const values = Float32Array.from(image.pixels, (value) => value * rescale);
        if (settings.augment)
          yield applyTransform(
            { values, height, width, channels },
            drawTransform(generator, height, width, random),
            generator,
          ).values;
        else yield values;
      }
    }
  };
  const { mean, standardDeviation } = await channelStatistics(pictures(), channels);
  if (!generator.zcaWhitening) return { mean, standardDeviation };
  const { products, count } = await productsOf(pictures(), mean, size);
  return {
    mean,
    standardDeviation,
    whitening: await whiteningOf(products, size, count, settings.zcaEpsilon),
  };
}

async function channelStatistics(
  pictures: AsyncIterable<Float32Array>,
  channels: ChannelCount,
): Promise<Pick<FeaturewiseStatistics, 'mean' | 'standardDeviation'>> {
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  let count = 0;
  for await (const values of pictures) {
    values.forEach((value, index) => {
      sums[index % channels]! += value;
      squares[index % channels]! += value * value;
    });
    count += values.length / channels;
  }
  const mean = sums.map((sum) => sum / count);
  const variance = squares.map((sum, channel) => Math.max(0, sum / count - mean[channel]! ** 2));
  return { mean, standardDeviation: variance.map(Math.sqrt) };
}

/** The sum of each centered picture's values times each other. [size, size] */
async function productsOf(
  pictures: AsyncIterable<Float32Array>,
  mean: readonly number[],
  size: number,
): Promise<{ products: Float64Array; count: number }> {
  expectEngine();
  const products = new Float64Array(size * size);
  let count = 0;
  let rows: Float32Array[] = [];
  const add = async (): Promise<void> => {
    const all = new Float32Array(rows.length * size);
    rows.forEach((row, index) => all.set(row, index * size));
    const sum = tf.tidy(() => {
      const values = tf.tensor2d(all, [rows.length, size]);
      return tf.matMul(values, values, true);
    });
    const added = await sum.data<'float32'>();
    sum.dispose();
    added.forEach((value, index) => (products[index]! += value));
    count += rows.length;
    rows = [];
  };
  for await (const values of pictures) {
    rows.push(values.map((value, index) => value - mean[index % mean.length]!));
    if (rows.length === CHUNK) await add();
  }
  if (rows.length > 0) await add();
  return { products, count };
}

/**
 * `u * sqrt(n) / (s + epsilon) * u^T` of the singular vectors u and values s of all pictures: the eigenvectors of their products, and the
 * roots of its eigenvalues.
 */
async function whiteningOf(
  products: Float64Array,
  size: number,
  count: number,
  epsilon: number,
): Promise<Float32Array> {
  const { EigenvalueDecomposition, Matrix } = await importMatrices();
  const decomposition = new EigenvalueDecomposition(Matrix.from1DArray(size, size, products), {
    assumeSymmetric: true,
  });
  const { eigenvectorMatrix, realEigenvalues } = decomposition;
  // A thin decomposition of fewer pictures than values has as many vectors as pictures: those of the greatest values.
  const kept = [...realEigenvalues.keys()]
    .sort((left, right) => realEigenvalues[right]! - realEigenvalues[left]!)
    .slice(0, Math.min(size, count));
  const scales = kept.map(
    (index) => Math.sqrt(count) / (Math.sqrt(Math.max(0, realEigenvalues[index]!)) + epsilon),
  );
  const whitening = new Float64Array(size * size);
  kept.forEach((index, place) => {
    const vector = eigenvectorMatrix.getColumn(index);
    for (let row = 0; row < size; row++) {
      const scaled = vector[row]! * scales[place]!;
      for (let column = 0; column < size; column++)
        whitening[row * size + column]! += scaled * vector[column]!;
    }
  });
  return Float32Array.from(whitening);
}

type Matrices = typeof matrices;

async function importMatrices(): Promise<Matrices> {
  // Behind a variable, since it is an optional peer: neither compilers nor bundlers look for it.
  const name = 'ml-matrix';
  try {
    return (await import(name)) as Matrices;
  } catch (error) {
    throw new ZooError(
      'unsupported',
      'Whitening takes eigenvectors by the package ml-matrix, which is not installed. Run `npm install ml-matrix`.',
      { cause: error },
    );
  }
}
