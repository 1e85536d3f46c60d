import type * as tf from '@tensorflow/tfjs';
import {
  ArgumentError,
  modelMetadata,
  pixelNormalization,
  type ModelMetadata,
  type PixelNormalization,
  type PixelNormalizationMode,
  ZooError,
} from '@zoo/core';

import type { ImageSizeOption } from '../option-values';
import type { TrainSettings } from '../training/train-settings';

import { readClassIndexFile } from './class-index';

/** What a user may say about how a model reads pictures; what is left out comes from the model's metadata. */
export interface PictureReadingOptions {
  classIndex?: string;
  normalization?: PixelNormalizationMode;
  imageSize?: ImageSizeOption;
  resize?: TrainSettings['resize'];
  aspect?: TrainSettings['aspect'];
}

/** How pictures become a model's inputs, and what its outputs are called. */
export interface PictureReading {
  readonly imageSize: ImageSizeOption;
  readonly normalization: PixelNormalization;
  readonly resize: TrainSettings['resize'];
  readonly aspect: TrainSettings['aspect'];
  /** One name an output, or undefined if nobody says. */
  readonly classNames: readonly string[] | undefined;
}

/**
 * How `model` is to read pictures: by the options first, by its metadata next.
 *
 * @throws ZooError `invalid-argument` where neither says what can't be guessed: a wrong normalisation gives wrong answers in silence.
 */
export async function pictureReading(
  model: tf.LayersModel,
  options: PictureReadingOptions,
): Promise<PictureReading> {
  const metadata = modelMetadata(model) ?? {};
  return {
    imageSize: imageSizeOf(model, metadata, options.imageSize),
    normalization: normalizationOf(metadata, options.normalization),
    resize: options.resize ?? (metadata.resize as TrainSettings['resize'] | undefined) ?? 'antialias',
    aspect: options.aspect ?? (metadata.aspect as TrainSettings['aspect'] | undefined) ?? 'stretch',
    classNames: await classNamesOf(model, metadata, options.classIndex),
  };
}

function normalizationOf(
  { normalization }: ModelMetadata,
  mode: PixelNormalizationMode | undefined,
): PixelNormalization {
  if (mode !== undefined) return pixelNormalization(mode);
  if (normalization !== undefined) return normalization;
  throw new ZooError(
    'invalid-argument',
    'The model does not say how bytes become its inputs. Give --normalization with what it was trained with: ' +
      "torch, caffe (Keras' ResNet-50), tf (Keras' V2 nets), scale (1/255) or raw.",
  );
}

function imageSizeOf(
  model: tf.LayersModel,
  metadata: ModelMetadata,
  asked: ImageSizeOption | undefined,
): ImageSizeOption {
  const [, height, width] = model.inputs[0]!.shape;
  const isFixed = typeof height === 'number' && typeof width === 'number';
  if (isFixed && asked !== undefined && (asked[0] !== height || asked[1] !== width)) {
    throw new ArgumentError('--image-size', `the model's own size ${height}x${width}`, asked.join('x'));
  }
  if (isFixed) return [height, width];
  const size = asked ?? metadata.imageSize;
  if (size !== undefined) return size;
  throw new ZooError(
    'invalid-argument',
    'The model leaves the size of its pictures open. Give --image-size with what it was trained with.',
  );
}

async function classNamesOf(
  model: tf.LayersModel,
  metadata: ModelMetadata,
  path: string | undefined,
): Promise<readonly string[] | undefined> {
  const names = path === undefined ? metadata.classNames : await readClassIndexFile(path);
  const outputs = model.outputs[0]!.shape.at(-1);
  if (names === undefined || names.length === outputs) return names;
  throw new ArgumentError(
    path === undefined ? 'the metadata in model.json' : '--class-index',
    `${outputs ?? 'unknown'} class names, one an output of the model,`,
    names,
  );
}
