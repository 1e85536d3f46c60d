import { TRAINING_STYLES, UNSEEN_STYLE } from './art-styles';
import { groupDrawings } from './group-drawings';
import { readEmoji, type Emoji } from './read-emoji';
import { splitDrawings } from './split-drawings';

/** Folders of the data set. */
export const SPLITS = ['train', 'validation', 'test', 'unseen'] as const;

/** One of {@link SPLITS}. */
export type SplitName = (typeof SPLITS)[number];

/** A picture to draw. */
export interface PlannedPicture {
  readonly split: SplitName;
  readonly emoji: Emoji;
  /** From 0: training draws each emoji several times. */
  readonly copy: number;
  /** True for a black line around every shape. */
  readonly outlined: boolean;
}

/**
 * How often training draws each emoji, on another canvas each time; every second time with a black line around its shapes.
 *
 * The line is a change of style that augmentation can't make from pixels: with it a network learns shapes rather than one set's way
 * of drawing them.
 */
export const TRAINING_COPIES = 4;

/** All pictures of the data set, in a fixed order. */
export async function planPictures(): Promise<PlannedPicture[]> {
  const known = (await Promise.all(TRAINING_STYLES.map(readEmoji))).flat();
  const { train, validation, test } = splitDrawings(await groupDrawings(known));
  const once = (split: SplitName, emoji: readonly Emoji[]): PlannedPicture[] =>
    emoji.map((one) => ({ split, emoji: one, copy: 0, outlined: false }));
  const trained = train.flat().flatMap((emoji): PlannedPicture[] =>
    Array.from({ length: TRAINING_COPIES }, (_, copy) => ({
      split: 'train',
      emoji,
      copy,
      outlined: copy % 2 === 1,
    })),
  );
  return [
    ...trained,
    ...once('validation', validation.flat()),
    ...once('test', test.flat()),
    ...once('unseen', await readEmoji(UNSEEN_STYLE)),
  ];
}
