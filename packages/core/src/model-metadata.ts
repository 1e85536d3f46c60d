import type * as tf from '@tensorflow/tfjs';

import { ZooError } from './errors';
import type { PixelNormalization } from './pixel-normalization';

/**
 * What a saved classifier needs besides its weights to be used rightly: which pixels it reads and what its outputs mean.
 *
 * It travels in the model's `userDefinedMetadata`, which TensorFlow.js itself writes into `model.json` and reads from it, so
 * that a model saved by anyone's `model.save` keeps it.
 */
export interface ModelMetadata {
  /** Names of the classes, in the order of the model's outputs. */
  readonly classNames?: readonly string[];
  /** Height and width of the pictures that the model was trained on, where its input leaves them open or to check it by. */
  readonly imageSize?: readonly [height: number, width: number];
  /** How bytes become the model's input. */
  readonly normalization?: PixelNormalization;
  /** How pictures of another size are brought to `imageSize`, by the data package's name for it. */
  readonly resize?: string;
  /** What becomes of pictures of another proportion, by the data package's name for it. */
  readonly aspect?: string;
  /** What the model was built as: 'resnet18', say. */
  readonly architecture?: string;
}

const KEY = 'zoo';

/** Writes `metadata` into the model, beside whatever else its user-defined metadata holds; a later save keeps it. */
export function setModelMetadata(model: tf.LayersModel, metadata: ModelMetadata): void {
  // A round trip through JSON drops undefined values and prototypes, which tfjs refuses, and copies the caller's arrays.
  const plain = JSON.parse(JSON.stringify(metadata)) as object;
  model.setUserDefinedMetadata({ ...(model.getUserDefinedMetadata() as object | undefined), [KEY]: plain });
}

/**
 * The metadata that {@link setModelMetadata} wrote, or undefined if the model has none.
 *
 * @throws ZooError `invalid-file` if it is there and is not what it should be: hand-edited, for example.
 */
export function modelMetadata(model: tf.LayersModel): ModelMetadata | undefined {
  const all = model.getUserDefinedMetadata() as Record<string, unknown> | undefined;
  const value = all?.[KEY];
  if (value === undefined) return undefined;
  if (!isMetadata(value)) {
    throw new ZooError(
      'invalid-file',
      `The metadata of model '${model.name}' is damaged: \`userDefinedMetadata.${KEY}\` is not what the zoo writes there. ` +
        'Mend it in model.json, or remove it there and give class names and preprocessing by options.',
    );
  }
  return value;
}

type Check = (value: unknown) => boolean;

const isFiniteNumber: Check = (value) => Number.isFinite(value);
const isString: Check = (value) => typeof value === 'string';
const isTuple = (length: number | undefined, check: Check): Check => {
  return (value) =>
    Array.isArray(value) && (length === undefined || value.length === length) && value.every(check);
};
const isDivisor: Check = (value) => Number.isFinite(value) && value !== 0;

const NORMALIZATION: Record<keyof PixelNormalization, Check> = {
  channelOrder: (value) => value === 'rgb' || value === 'bgr',
  divisor: isDivisor,
  mean: isTuple(3, isFiniteNumber),
  standardDeviation: isTuple(3, isDivisor),
};

const METADATA: Record<keyof ModelMetadata, Check> = {
  classNames: isTuple(undefined, isString),
  imageSize: isTuple(2, (value) => Number.isSafeInteger(value) && (value as number) > 0),
  normalization: (value) =>
    isRecord(value) && Object.entries(NORMALIZATION).every(([key, check]) => check(value[key])),
  resize: isString,
  aspect: isString,
  architecture: isString,
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isMetadata(value: unknown): value is ModelMetadata {
  if (!isRecord(value)) return false;
  return Object.entries(METADATA).every(([key, check]) => value[key] === undefined || check(value[key]));
}
