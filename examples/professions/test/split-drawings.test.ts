import { beforeAll, describe, expect, it } from 'vitest';

import { PROFESSIONS, TONES, TRAINING_STYLES, UNSEEN_STYLE } from '../src/emoji/art-styles';
import {
  comparablePicture,
  DRAWING_DIFFERENCE,
  groupDrawings,
  meanDifference,
  type Drawing,
} from '../src/emoji/group-drawings';
import { readEmoji, type Emoji } from '../src/emoji/read-emoji';
import { splitDrawings, type DrawingSplit } from '../src/emoji/split-drawings';

let emoji: Emoji[];
let drawings: Drawing[];
let split: DrawingSplit;

beforeAll(async () => {
  emoji = (await Promise.all(TRAINING_STYLES.map(readEmoji))).flat();
  drawings = await groupDrawings(emoji);
  split = splitDrawings(drawings);
});

describe('The emoji', () => {
  it('are 84 of each of ten professions, the unseen style included', async () => {
    const all = [...emoji, ...(await readEmoji(UNSEEN_STYLE))];
    const counts = Object.keys(PROFESSIONS).map(
      (name) => all.filter(({ className }) => className === name).length,
    );
    expect(counts).toEqual(new Array(10).fill(84));
  });
});

describe('Drawings', () => {
  it('hold each emoji once', () => {
    expect(drawings.flat().map(nameOf).sort()).toEqual(emoji.map(nameOf).sort());
  });

  it('hold all skin tones of each of their figures', () => {
    for (const drawing of drawings) {
      const figures = new Set(drawing.map(({ figure }) => figure));
      expect(drawing).toHaveLength(figures.size * TONES.length);
    }
  });

  it('make one of figures that differ in little but the mouth', () => {
    const fluentFarmers = drawings.filter(([one]) => one!.style === 'fluent' && one!.className === 'farmer');
    expect(fluentFarmers).toHaveLength(1);
  });
});

describe('The split', () => {
  it('gives each drawing to one side', () => {
    const sides = [split.train, split.validation, split.test].flat();
    expect(sides).toHaveLength(drawings.length);
    expect(new Set(sides)).toEqual(new Set(drawings));
  });

  it('keeps held-out drawings apart from those of training by more than the difference that makes a drawing', async () => {
    const medium = (side: readonly Drawing[]): Emoji[] => side.flat().filter(({ tone }) => tone === 'medium');
    const trained = await Promise.all(
      medium(split.train).map(async (one) => ({ one, picture: await comparablePicture(one) })),
    );
    for (const held of medium([...split.validation, ...split.test])) {
      const picture = await comparablePicture(held);
      const nearest = trained
        .filter(({ one }) => one.style === held.style && one.className === held.className)
        .map((other) => meanDifference(picture, other.picture));
      expect(Math.min(...nearest)).toBeGreaterThanOrEqual(DRAWING_DIFFERENCE);
    }
  });

  it('shows training every profession in every style', () => {
    const pairs = new Set(split.train.map(([one]) => `${one!.className} ${one!.style}`));
    expect(pairs.size).toBe(Object.keys(PROFESSIONS).length * TRAINING_STYLES.length);
  });

  it('holds out a drawing of every class for the choice of the epoch and for the test', () => {
    for (const side of [split.validation, split.test]) {
      expect(new Set(side.map(([one]) => one!.className)).size).toBe(Object.keys(PROFESSIONS).length);
    }
  });

  it('holds out drawings of every style for the test', () => {
    expect(new Set(split.test.map(([one]) => one!.style)).size).toBe(TRAINING_STYLES.length);
  });

  it('is the same each time', async () => {
    const again = splitDrawings(await groupDrawings(emoji));
    expect(again.test.flat().map(nameOf)).toEqual(split.test.flat().map(nameOf));
  });
});

function nameOf({ style, name }: Emoji): string {
  return `${style} ${name}`;
}
