import type * as tf from '@tensorflow/tfjs';
import {
  ArgumentError,
  DEFAULT_PREPROCESSING,
  modelMetadata,
  pixelNormalization,
  type AspectMode,
  type ModelMetadata,
  type PixelNormalization,
  type PixelNormalizationMode,
  type Preprocessing,
  type ResizeMethod,
  ZooError,
} from '@zoo/core';

import type { ImageSizeOption } from '../option-values';

import { readClassIndexFile } from './class-index';

/** What a user may say about how a model reads pictures; what is left out comes from the model's metadata. */
export interface PictureReadingOptions {
  classIndex?: string;
  normalization?: PixelNormalizationMode;
  imageSize?: ImageSizeOption;
  resize?: ResizeMethod;
  aspect?: AspectMode;
}

/** How pictures become a model's inputs, and what its outputs are called. */
export interface PictureReading {
  readonly imageSize: ImageSizeOption;
  readonly normalization: PixelNormalization;
  readonly resize: ResizeMethod;
  readonly aspect: AspectMode;
  readonly cropFraction: number;
  readonly padColor: Preprocessing['padColor'];
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
  const { preprocessing = {} } = metadata;
  const { resize, aspect, cropFraction, padColor } = { ...DEFAULT_PREPROCESSING, ...preprocessing };
  return {
    imageSize: imageSizeOf(model, preprocessing, options.imageSize),
    normalization: normalizationOf(preprocessing, options.normalization),
    resize: options.resize ?? resize,
    aspect: options.aspect ?? aspect,
    cropFraction,
    padColor,
    classNames: await classNamesOf(model, metadata, options.classIndex),
  };
}

function normalizationOf(
  { normalization }: Partial<Preprocessing>,
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
  preprocessing: Partial<Preprocessing>,
  asked: ImageSizeOption | undefined,
): ImageSizeOption {
  const [, height, width] = model.inputs[0]!.shape;
  const isFixed = typeof height === 'number' && typeof width === 'number';
  if (isFixed && asked !== undefined && (asked[0] !== height || asked[1] !== width)) {
    throw new ArgumentError('--image-size', `the model's own size ${height}x${width}`, asked.join('x'));
  }
  if (isFixed) return [height, width];
  const size = asked ?? preprocessing.imageSize;
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
