import { createRandom } from '@zoo/core';

import { groupBy, type Drawing } from './group-drawings';

/** Drawings by what they are for. */
export interface DrawingSplit {
  train: Drawing[];
  /** Chooses the best epoch. */
  validation: Drawing[];
  /** Measures the model in the end, and does nothing else. */
  test: Drawing[];
}

/** The split is the data set's, not the run's: accuracies of different seeds have to be comparable. */
const SPLIT_SEED = 2017;

/** What the styles of one class give a drawing to, in turn. */
const TURNS = ['test', 'validation', 'test'] as const;

/**
 * Divides drawings so that each stands on one side only, with all its skin tones.
 *
 * In every class up to three styles give away one drawing: to the test, to the validation, to the test. A style gives only what it
 * has a second drawing of, so that training sees each profession in each style; which style begins changes from class to class.
 */
export function splitDrawings(drawings: readonly Drawing[]): DrawingSplit {
  const split: DrawingSplit = { train: [], validation: [], test: [] };
  const random = createRandom(SPLIT_SEED);
  groupBy(drawings, ([emoji]) => emoji!.className).forEach((ofClass, classIndex) => {
    const styles = groupBy(ofClass, ([emoji]) => emoji!.style);
    const rotated = styles.map((_, index) => styles[(index + classIndex) % styles.length]!);
    let turn = 0;
    for (const ofStyle of rotated) {
      const { className, style } = ofStyle[0]![0]!;
      const side = ofStyle.length < 2 ? undefined : TURNS[turn++];
      const chosen = random.fork(className, style).integer(0, ofStyle.length - 1);
      ofStyle.forEach((drawing, index) => {
        split[side !== undefined && index === chosen ? side : 'train'].push(drawing);
      });
    }
  });
  return split;
}
