import type * as tfl from '@tensorflow/tfjs-layers';
import { preprocessingOf, type PreprocessingOptions } from '@zoo/classify';
import {
  ArgumentError,
  classifierHead,
  isZooError,
  modelMetadata,
  pixelNormalization,
  type AspectMode,
  type PixelNormalizationMode,
  type Preprocessing,
  type ResizeMethod,
  ZooError,
} from '@zoo/core';

import type { ImageSizeOption } from '../option-values';

import { readClassIndexFile } from './class-index';

/** Three numbers, one a channel in the order red, green, blue. */
export type ChannelValues = readonly [number, number, number];

/** What a user may say about how a model reads pictures; what is left out comes from the model's metadata. */
export interface PictureReadingOptions {
  classIndex?: string;
  normalization?: PixelNormalizationMode;
  /** Subtracted from values of 0 to 1. */
  mean?: ChannelValues;
  /** What values are divided by after `mean` is subtracted. */
  standardDeviation?: ChannelValues;
  imageSize?: ImageSizeOption;
  resize?: ResizeMethod;
  aspect?: AspectMode;
  cropFraction?: number;
}

/** How pictures become a model's inputs, and what its outputs are called. */
export interface PictureReading {
  readonly preprocessing: Preprocessing;
  /** One name a class, or undefined if nobody says. */
  readonly classNames: readonly string[] | undefined;
}

/**
 * How `model` is to read pictures: by the options first, by its metadata next.
 *
 * @throws ZooError `invalid-argument` where neither says what can't be guessed: a wrong normalization silently gives wrong answers; for an
 *   option that would do nothing.
 */
export async function pictureReading(
  model: tfl.LayersModel,
  options: PictureReadingOptions,
): Promise<PictureReading> {
  const preprocessing = settledPreprocessing(model, preprocessingOptions(options));
  expectCropped(preprocessing.aspect, options.cropFraction);
  return {
    preprocessing,
    classNames: await classNamesOf(model, options.classIndex),
  };
}

/** Throws ArgumentError for a share to keep where nothing is cut off. */
export function expectCropped(aspect: AspectMode, cropFraction: number | undefined): void {
  if (cropFraction === undefined || cropFraction === 1 || aspect === 'resizeCrop') return;
  throw new ArgumentError(
    '--crop-fraction',
    `no value with --aspect ${aspect}, which keeps the whole picture or what fits,`,
    cropFraction,
    'Give --aspect resizeCrop too.',
  );
}

/** The options in the library's terms; what is left out has no key. */
export function preprocessingOptions(options: PictureReadingOptions): PreprocessingOptions {
  const { imageSize, resize, aspect, cropFraction } = options;
  const normalization = normalizationOption(options);
  return {
    ...(normalization !== undefined && { normalization }),
    ...(imageSize !== undefined && { imageSize }),
    ...(resize !== undefined && { resize }),
    ...(aspect !== undefined && { aspect }),
    ...(cropFraction !== undefined && { cropFraction }),
  };
}

function normalizationOption({
  normalization,
  mean,
  standardDeviation,
}: PictureReadingOptions): Preprocessing['normalization'] | undefined {
  if (mean === undefined && standardDeviation === undefined) {
    return normalization === undefined ? undefined : pixelNormalization(normalization);
  }
  if (normalization !== undefined) {
    throw new ArgumentError('--mean', 'either a mean and a deviation or --normalization', normalization);
  }
  return {
    channelOrder: 'rgb',
    divisor: 255,
    mean: mean ?? [0, 0, 0],
    standardDeviation: standardDeviation ?? [1, 1, 1],
  };
}

/** The library's answer, with its questions in the words of the command line. */
function settledPreprocessing(model: tfl.LayersModel, options: PreprocessingOptions): Preprocessing {
  try {
    return preprocessingOf(model, options);
  } catch (error) {
    if (!isZooError(error, 'invalid-argument')) throw error;
    const { argument } = error as unknown as ArgumentError;
    if (argument === 'options.preprocessing.normalization') {
      throw new ZooError(
        'invalid-argument',
        'The model does not say how bytes become its inputs. Give --normalization as in its training: ' +
          "torch, caffe (Keras' ResNet-50), tf (Keras' V2 networks), scale (1/255) or raw; or --mean and --standard-deviation.",
        { cause: error },
      );
    }
    if (argument === 'options.preprocessing.imageSize' && options.imageSize === undefined) {
      throw new ZooError(
        'invalid-argument',
        'The model leaves the size of its pictures open. Give --image-size as in its training.',
        { cause: error },
      );
    }
    throw error;
  }
}

async function classNamesOf(
  model: tfl.LayersModel,
  path: string | undefined,
): Promise<readonly string[] | undefined> {
  const names = path === undefined ? modelMetadata(model)?.classNames : await readClassIndexFile(path);
  const { classCount } = classifierHead(model);
  if (names === undefined || names.length === classCount) return names;
  throw new ArgumentError(
    path === undefined ? 'the metadata in model.json' : '--class-index',
    `${classCount} class names, one per class of the model,`,
    names,
  );
}
