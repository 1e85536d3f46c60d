import { ZooError } from '@zoo/core';

import { escapedName } from '../source/byte-source';

/** A weight whose shape in the file is not that in the model. */
export interface MismatchedWeight {
  /** The weight's name in the model. */
  readonly name: string;
  /** The weight's shape in the model. */
  readonly modelShape: readonly number[];
  /** The weight's shape in the file. */
  readonly fileShape: readonly number[];
}

/** How the weights of a file and of a model fit each other. */
export interface WeightsReport {
  /** Names of the model's weights that were loaded. */
  readonly loaded: readonly string[];
  /** Names of the model's weights that the file lacks. */
  readonly missing: readonly string[];
  /** Names of the file's tensors that the model has no place for. */
  readonly unexpected: readonly string[];
  /** Weights that both have, in different shapes. */
  readonly mismatched: readonly MismatchedWeight[];
}

const LISTED = 12;

/** What to do with a file whose weights are not those of its own architecture. */
export const CONTRADICTORY = 'The file contradicts itself: save or download it again.';

/** True if every weight of model and file has found its partner. */
export function isFit({ loaded, missing, unexpected, mismatched }: WeightsReport): boolean {
  return missing.length + unexpected.length + mismatched.length === 0 && loaded.length > 0;
}

/** Throws ZooError 'weights-mismatch' that names all that does not fit, unless everything does. */
export function expectFit(
  report: WeightsReport,
  fileName: string,
  modelName: string,
  advice = 'Pass `skipMismatch: true` to load what fits.',
): void {
  if (isFit(report)) return;
  const { loaded, missing, unexpected, mismatched } = report;
  const parts = [
    list('missing in the file', missing),
    list('unexpected in the file', unexpected),
    list('of another shape', mismatched.map(describeMismatch)),
  ].filter((part) => part !== '');
  const summary =
    loaded.length + missing.length + unexpected.length + mismatched.length === 0
      ? 'neither holds any'
      : `${loaded.length} fit; ${parts.join('; ')}`;
  throw new ZooError(
    'weights-mismatch',
    `Expected the weights in ${fileName} to fit the model '${modelName}' but ${summary}. The model is unchanged. ${advice}`,
  );
}

function describeMismatch({ name, modelShape, fileShape }: MismatchedWeight): string {
  return `${name} (model [${modelShape.join(', ')}], file [${fileShape.slice(0, LISTED).join(', ')}])`;
}

function list(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return `${names.length} ${title}: ${names.slice(0, LISTED).map(escapedName).join(', ')}${rest}`;
}
