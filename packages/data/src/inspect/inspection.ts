import type { ImageFormat } from '../image/picture-format';

/** A picture by its place in the data set. */
export interface InspectedPicture {
  /** The part of the data set: `train`. */
  readonly split: string;
  /** Its class; where pictures may have several, all of its classes in one text. */
  readonly className: string;
  /** Where pictures may have several classes, or none: those that it has. */
  readonly classNames?: readonly string[];
  readonly path: string;
}

/** A picture that can't be read. */
export interface UnreadablePicture extends InspectedPicture {
  /** The error's words. */
  readonly problem: string;
}

/** Pictures that are the same. */
export interface DuplicateGroup {
  readonly pictures: readonly InspectedPicture[];
  /** True if they lie in more than one split: what is learned from one is asked of another. */
  readonly isLeak: boolean;
  /** True if they lie in more than one class, or have not the same classes: at least one label is wrong. */
  readonly hasSeveralLabels: boolean;
}

/** One part of a data set. */
export interface InspectedSplit {
  readonly name: string;
  readonly pictures: number;
  /** Pictures of each class, in the order of {@link Inspection.classNames}; one with several counts for each. */
  readonly classCounts: readonly number[];
  /** Pictures of the largest class for each of the smallest; null where a class has none. */
  readonly imbalance: number | null;
  /** Pictures that lie in another split too, equal in every byte. */
  readonly equalElsewhere: number;
  /** Pictures that have a near duplicate in another split, and no equal one. */
  readonly nearElsewhere: number;
}

/** Smallest, middle and largest of some numbers. */
export interface Spread {
  readonly minimum: number;
  readonly median: number;
  readonly maximum: number;
}

/** Sizes of pictures, in pixels. */
export interface InspectedSizes {
  readonly height: Spread;
  readonly width: Spread;
  /** How many sizes there are. */
  readonly count: number;
  /** The ten most frequent sizes, the most frequent first. */
  readonly mostFrequent: readonly {
    readonly height: number;
    readonly width: number;
    readonly pictures: number;
  }[];
}

/** What a data set contains, as plain data that JSON can store. */
export interface Inspection {
  /** Classes of all splits, sorted as the first split has them. */
  readonly classNames: readonly string[];
  readonly splits: readonly InspectedSplit[];
  /** All pictures, unreadable ones among them. */
  readonly pictures: number;
  /** Pictures of each format, by content and not by the ending of a name; `pixels` are those that came decoded. */
  readonly formats: Readonly<Partial<Record<ImageFormat | 'pixels', number>>>;
  /** Of the pictures that can be read; undefined where there is none. */
  readonly sizes: InspectedSizes | undefined;
  /**
   * Mean and standard deviation of red, green and blue, values from 0 to 1, for the `normalization` of a model; every picture counts
   * alike, whatever its size. Undefined where there is no picture.
   */
  readonly colors:
    | {
        readonly mean: readonly [red: number, green: number, blue: number];
        readonly standardDeviation: readonly [red: number, green: number, blue: number];
      }
    | undefined;
  readonly unreadable: readonly UnreadablePicture[];
  /** Groups of files that are equal in every byte. */
  readonly equal: readonly DuplicateGroup[];
  /** Groups of pictures that look alike: another size, quality or frame, a watermark. Groups of equal files alone are not among them. */
  readonly near: readonly DuplicateGroup[];
  /** Up to eight readable pictures for each class, spread over all that it has, each once. */
  readonly samples: readonly InspectedPicture[];
  /** Files that the folders hold and that are not read, where a set says so. */
  readonly ignored: number;
}

/** The classes of a picture. */
export const classesOf = ({ className, classNames }: InspectedPicture): readonly string[] =>
  classNames ?? [className];

/** Groups of {@link Inspection}, those that harm most first: leaks, then several labels, then the rest. */
export function mostHarmful(groups: readonly DuplicateGroup[]): DuplicateGroup[] {
  const harm = ({ isLeak, hasSeveralLabels }: DuplicateGroup): number =>
    2 * Number(isLeak) + Number(hasSeveralLabels);
  return [...groups].sort((left, right) => harm(right) - harm(left));
}

/** Smallest, middle (the lower of two) and largest of `values`, of which there is at least one. */
export function spreadOf(values: Uint32Array): Spread {
  const sorted = values.slice().sort();
  return {
    minimum: sorted[0]!,
    median: sorted[(sorted.length - 1) >> 1]!,
    maximum: sorted[sorted.length - 1]!,
  };
}
