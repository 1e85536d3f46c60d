import { labelsOf, type ImageExample } from '../sets/image-set';

/** How a batch says which class an example has. */
export interface LabelWriter {
  /** Values of each example. */
  readonly width: number;
  /** Writes the values of `example` over zeros. [width] */
  readonly write: (example: ImageExample, row: Float32Array) => void;
}

/** A 1 for each class that an example has. */
export function oneHotLabels(classes: number): LabelWriter {
  return {
    width: classes,
    write: (example, row) => {
      for (const label of labelsOf(example)) row[label] = 1;
    },
  };
}
