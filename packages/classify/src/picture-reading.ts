import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, type Preprocessing } from '@zoo/core';
import {
  ArgumentError,
  DEFAULT_PREPROCESSING,
  readGivenOptions,
  ZooError,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';
import { PREPROCESSING_OPTIONS } from '@zoo/data/options';

/** {@link PreprocessingOptions}, as data. */
export const PICTURE_OPTIONS = {
  ...PREPROCESSING_OPTIONS,
  /** Height and width of the input, in pixels. */
  imageSize: PREPROCESSING_OPTIONS.imageSize as AnyRow<Preprocessing['imageSize']>,
} as const satisfies OptionTable;

/** What a caller states about a model's pictures if the model does not say it or should read them differently. */
export interface PreprocessingOptions extends OptionsOf<typeof PICTURE_OPTIONS> {}

/**
 * Says how `model` reads pictures: as the caller states, else by its metadata, else by the defaults. Size and colours follow from its
 * input.
 *
 * @throws ArgumentError where the caller's size is not the input's, or where nobody says what can't be guessed: a wrong normalization gives
 *   wrong answers without an error; ZooError 'unsupported' for an input that is no picture.
 */
export function preprocessingOf(model: tfl.LayersModel, options: PreprocessingOptions = {}): Preprocessing {
  const given = readGivenOptions(PICTURE_OPTIONS, options, 'options.preprocessing');
  const told = { ...modelMetadata(model)?.preprocessing, ...given };
  const { normalization } = told;
  if (normalization === undefined) {
    throw new ArgumentError(
      'options.preprocessing.normalization',
      'what the model was trained with',
      undefined,
      "The model does not say how bytes become its inputs: 'torch', 'caffe' (Keras' ResNet-50), 'tf' (Keras' V2 networks), 'scale' (1/255) or 'raw'.",
    );
  }
  return {
    ...DEFAULT_PREPROCESSING,
    ...told,
    imageSize: imageSizeOf(model, told.imageSize, options.imageSize !== undefined),
    colorMode: colorModeOf(model),
    normalization,
  };
}

function imageSizeOf(
  model: tfl.LayersModel,
  told: Preprocessing['imageSize'] | undefined,
  isCallers: boolean,
): Preprocessing['imageSize'] {
  const [, height, width] = model.inputs[0]!.shape;
  if (typeof height === 'number' && typeof width === 'number') {
    if (!isCallers || told === undefined || (told[0] === height && told[1] === width)) return [height, width];
    throw new ArgumentError(
      'options.preprocessing.imageSize',
      `the model's own size, [${height}, ${width}],`,
      told,
    );
  }
  if (told !== undefined) return told;
  throw new ArgumentError(
    'options.preprocessing.imageSize',
    'the size that the model was trained with',
    undefined,
    'The model leaves the size of its pictures open.',
  );
}

function colorModeOf(model: tfl.LayersModel): Preprocessing['colorMode'] {
  const { shape } = model.inputs[0]!;
  const channels = shape[3];
  if (model.inputs.length === 1 && shape.length === 4) {
    if (channels === 3) return 'rgb';
    if (channels === 1) return 'grayscale';
  }
  const found = model.inputs
    .map((input) => `[${input.shape.map((size) => size ?? 'any').join(', ')}]`)
    .join(' and ');
  throw new ZooError(
    'unsupported',
    `Expected a model that reads pictures of 3 channels, or of 1, but '${model.name}' reads ${found}. Prepare its inputs yourself and call its predict.`,
  );
}
