import { isPixelNormalization } from './is-pixel-normalization';
import { isTuple } from './is-tuple';
import { HEAD_KINDS, type ModelMetadata } from './model-metadata';
import { ASPECT_MODES, COLOR_MODES, RESIZE_METHODS, type Preprocessing } from './preprocessing';

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

/** `value` as metadata; undefined if it is something else. */
export function checkedMetadata(value: unknown): ModelMetadata | undefined {
  return isMetadata(value) ? (value as ModelMetadata) : undefined;
}
