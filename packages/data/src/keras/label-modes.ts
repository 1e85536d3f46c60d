import { ArgumentError } from '@zoo/core';

import { oneHotLabels, type LabelWriter } from '../batches/label-writer';
import type { ImageSet } from '../sets/image-set';
import { expectOneLabel, isMultiLabel } from '../sets/labels';

/** Names of {@link LabelMode}, the default first. */
export const LABEL_MODES = ['categorical', 'binary', 'sparse', 'none'] as const;

/**
 * What batches have for labels: Keras' `class_mode` and `label_mode`.
 *
 * - `categorical` (default): a row with a 1 for the class. [size, classes]
 * - `binary`, of two classes: 1 for the second. [size, 1]
 * - `sparse`: the number of the class. [size, 1]
 * - `none`: no values. [size, 0]
 *
 * `fit` reads `categorical` alone, for a network with one sigmoid as well; the others are for steps of your own.
 */
export type LabelMode = (typeof LABEL_MODES)[number];

/** What a source of batches says about its labels, and how it writes them. */
export interface LabelsOfMode {
  readonly classNames: readonly string[];
  readonly isMultiLabel: boolean;
  readonly labels: LabelWriter;
}

/**
 * The labels of `set` by `mode`.
 *
 * @throws ArgumentError for `binary` unless there are two classes; for it and `sparse` where pictures may have several.
 */
export function labelsByMode(set: ImageSet, mode: LabelMode, argument: string): LabelsOfMode {
  const { classNames } = set;
  if (mode === 'categorical') {
    return { classNames, isMultiLabel: isMultiLabel(set), labels: oneHotLabels(classNames.length) };
  }
  if (mode === 'none')
    return { classNames: [], isMultiLabel: false, labels: { width: 0, write: () => undefined } };
  expectOneLabel(set, argument, "Take 'categorical'.");
  if (mode === 'binary' && classNames.length !== 2) {
    throw new ArgumentError(argument, `two classes for 'binary'`, classNames, "Take 'categorical'.");
  }
  return {
    classNames,
    isMultiLabel: false,
    labels: {
      width: 1,
      write: ({ label }, row) => {
        row[0] = label;
      },
    },
  };
}
