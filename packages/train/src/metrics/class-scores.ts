import { rankScores, type Ranking } from './rank-scores';

/** Rates of a class, or of all together; not a number where nothing was counted. */
export interface ClassRates extends Ranking {
  /** Of the examples predicted as this class, the share that are of it. */
  readonly precision: number;
  /** Of the examples of this class, the share that were predicted as it. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
}

/** The scores of one class against all others. */
export interface ClassScores extends ClassRates {
  readonly className: string;
  /** Examples of the class. */
  readonly support: number;
}

/**
 * Means of the classes' rates, as scikit-learn makes them: a class that is never predicted, or has no examples, counts with precision or
 * recall 0, and not at all where it is neither. A ranking counts where it is defined.
 */
export interface ClassAverages {
  /** Every class counts the same. */
  readonly macro: ClassRates;
  /** Every class counts as often as it has examples. */
  readonly weighted: ClassRates;
}

/** What was counted of a class. */
interface ClassCounts {
  /** Examples of the class. */
  readonly support: number;
  /** Examples predicted as it. */
  readonly predicted: number;
  /** Examples that are both. */
  readonly correct: number;
}

/** One class of several that have their names, counts and scores in one order. */
interface CountedClasses {
  readonly classNames: readonly string[];
  readonly counts: readonly ClassCounts[];
  /** Of every example. [classes] */
  readonly probabilities: readonly Float32Array[];
  /** True where the example is of the class. */
  readonly isOf: (example: number, label: number) => boolean;
}

/** Every class's rates, and their means. */
export function classScores({ classNames, counts, probabilities, isOf }: CountedClasses): {
  classes: ClassScores[];
  averages: ClassAverages;
} {
  const classes = classNames.map((className, label) => {
    const { support, predicted, correct } = counts[label]!;
    const scores = Float32Array.from(probabilities, (row) => row[label]!);
    return {
      className,
      support,
      precision: correct / predicted,
      recall: correct / support,
      f1: (2 * correct) / (support + predicted),
      ...rankScores(scores, (example) => isOf(example, label)),
    };
  });
  return {
    classes,
    averages: {
      macro: meanRates(classes, () => 1),
      weighted: meanRates(classes, ({ support }) => support),
    },
  };
}

function meanRates(classes: readonly ClassScores[], weightOf: (scores: ClassScores) => number): ClassRates {
  const seen = classes.filter(({ f1 }) => !Number.isNaN(f1));
  const mean = (scores: readonly ClassScores[], rate: keyof ClassRates): number => {
    const weights = scores.reduce((sum, each) => sum + weightOf(each), 0);
    return scores.reduce((sum, each) => sum + weightOf(each) * (each[rate] || 0), 0) / weights;
  };
  const ofRanked = (rate: keyof Ranking): number =>
    mean(
      classes.filter((each) => !Number.isNaN(each[rate])),
      rate,
    );
  return {
    precision: mean(seen, 'precision'),
    recall: mean(seen, 'recall'),
    f1: mean(seen, 'f1'),
    rocAuc: ofRanked('rocAuc'),
    averagePrecision: ofRanked('averagePrecision'),
  };
}
