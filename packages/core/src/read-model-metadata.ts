import type * as tfl from '@tensorflow/tfjs-layers';

import { ZooError } from './errors';
import { isPixelNormalization } from './is-pixel-normalization';
import { isTuple } from './is-tuple';
import { HEAD_KINDS, METADATA_KEY, setModelMetadata, type ModelMetadata } from './model-metadata';
import { ASPECT_MODES, COLOR_MODES, RESIZE_METHODS, type Preprocessing } from './preprocessing';

// Kept apart from the code that writes metadata, so that a page that only builds a network loads none of these checks.

/** Writes the fields of `metadata` into the model and leaves its other fields as they are. */
export function updateModelMetadata(model: tfl.LayersModel, metadata: ModelMetadata): void {
  setModelMetadata(model, { ...modelMetadata(model), ...metadata });
}

/**
 * The metadata that {@link setModelMetadata} wrote, or undefined if the model has none.
 *
 * @throws ZooError `invalid-file` if the metadata is damaged, for example edited by hand.
 */
export function modelMetadata(model: tfl.LayersModel): ModelMetadata | undefined {
  const all = model.getUserDefinedMetadata() as Record<string, unknown> | undefined;
  const value = all?.[METADATA_KEY];
  if (value === undefined) return undefined;
  const metadata = checkedMetadata(value);
  if (metadata !== undefined) return metadata;
  throw new ZooError(
    'invalid-file',
    `The metadata of model '${model.name}' is damaged: \`userDefinedMetadata.${METADATA_KEY}\` is not what the zoo writes there. ` +
      'Correct it in model.json, or remove it there and give class names and preprocessing by options.',
  );
}

/** The model's metadata as the text that file formats keep under the key `zoo`, or undefined if it has none. */
export function modelMetadataJson(model: tfl.LayersModel): string | undefined {
  const metadata = modelMetadata(model);
  return metadata === undefined ? undefined : JSON.stringify(metadata);
}

/**
 * The metadata in a text that {@link modelMetadataJson} made.
 *
 * @param fileName The file that holds the text, for the error.
 * @throws ZooError `invalid-file` if it is something else.
 */
export function parseModelMetadata(json: string, fileName: string): ModelMetadata {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = undefined;
  }
  const metadata = checkedMetadata(value);
  if (metadata !== undefined) return metadata;
  throw new ZooError(
    'invalid-file',
    `Expected class names and preprocessing as the zoo writes them under \`${METADATA_KEY}\` in ${fileName} but they are damaged. ` +
      'Save the file again.',
  );
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isSize: Check = (value) => Number.isSafeInteger(value) && (value as number) > 0;
const isByte: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
const isOneOf = (choices: readonly unknown[]): Check => {
  return (value) => choices.includes(value);
};
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True for an object whose fields are right where they are given. */
const hasFields = <Shape extends object>(checks: Readonly<Record<keyof Shape, Check>>): Check => {
  return (value) =>
    isRecord(value) &&
    Object.entries<Check>(checks).every(([key, check]) => value[key] === undefined || check(value[key]));
};

const PREPROCESSING: Record<keyof Preprocessing, Check> = {
  imageSize: isTuple(2, isSize),
  resize: isOneOf(RESIZE_METHODS),
  aspect: isOneOf(ASPECT_MODES),
  cropFraction: (value) => Number.isFinite(value) && (value as number) > 0 && (value as number) <= 1,
  padColor: isTuple(3, isByte),
  colorMode: isOneOf(COLOR_MODES),
  normalization: isPixelNormalization,
};

const isMetadata = hasFields<ModelMetadata>({
  classNames: isTuple(undefined, isString),
  preprocessing: hasFields<Preprocessing>(PREPROCESSING),
  head: isOneOf(HEAD_KINDS),
  temperature: (value) => Number.isFinite(value) && (value as number) > 0,
  licence: isString,
  architecture: isString,
  architectureOptions: (value) =>
    isRecord(value) &&
    Object.values(value).every(
      (option) => option === null || ['string', 'number', 'boolean'].includes(typeof option),
    ),
});

/** Fields of {@link Preprocessing} that stood beside the class names before there was such a value. */
const FORMERLY_BESIDE = [
  'imageSize',
  'normalization',
  'resize',
  'aspect',
] as const satisfies (keyof Preprocessing)[];

function checkedMetadata(value: unknown): ModelMetadata | undefined {
  if (!isRecord(value)) return undefined;
  const former = Object.fromEntries(
    FORMERLY_BESIDE.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])),
  );
  if (Object.keys(former).length === 0) return isMetadata(value) ? value : undefined;
  const rest = Object.fromEntries(Object.entries(value).filter(([name]) => !(name in former)));
  const preprocessing = { ...former, ...(isRecord(rest['preprocessing']) ? rest['preprocessing'] : {}) };
  const current = { ...rest, preprocessing };
  return isMetadata(current) ? current : undefined;
}
