import { drawEmoji } from './draw-emoji';
import type { Emoji } from './read-emoji';

/**
 * How much two figures of one style and profession have to differ to be two drawings: the mean absolute difference of their
 * pictures in one skin tone, as a share of the range of values.
 *
 * Emoji sets draw costume and props once; of some professions they change little but the mouth from one figure to another.
 */
export const DRAWING_DIFFERENCE = 0.015;

const COMPARED_TONE = 'medium';
const COMPARED_SIZE = 64;

/** Emoji that show one and the same drawing, in all its skin tones. */
export type Drawing = readonly Emoji[];

/**
 * The drawings among `emoji`, by class and style.
 *
 * One drawing's skin tones belong together, and so do figures that differ by less than {@link DRAWING_DIFFERENCE}.
 */
export async function groupDrawings(emoji: readonly Emoji[]): Promise<Drawing[]> {
  const drawings: Drawing[] = [];
  for (const variants of groupBy(emoji, ({ className, style }) => `${className} ${style}`)) {
    drawings.push(...(await groupFigures(variants)));
  }
  return drawings;
}

/** One profession in one style: the figures, where near ones, and what is near to those, are one drawing. */
async function groupFigures(variants: readonly Emoji[]): Promise<Drawing[]> {
  let groups: { members: Emoji[]; pictures: Uint8Array[] }[] = [];
  for (const figure of groupBy(variants, (emoji) => emoji.figure)) {
    const picture = await comparablePicture(figure.find(({ tone }) => tone === COMPARED_TONE)!);
    const isNear = (group: { pictures: Uint8Array[] }): boolean =>
      group.pictures.some((other) => meanDifference(picture, other) < DRAWING_DIFFERENCE);
    const near = groups.filter(isNear);
    const merged = {
      members: [...near.flatMap(({ members }) => members), ...figure],
      pictures: [...near.flatMap(({ pictures }) => pictures), picture],
    };
    groups = [...groups.filter((group) => !near.includes(group)), merged];
  }
  return groups.map(({ members }) => members);
}

/** A picture of `emoji` to compare others with. [64, 64, 3] */
export async function comparablePicture(emoji: Emoji): Promise<Uint8Array> {
  return overGrey((await drawEmoji(emoji, { size: COMPARED_SIZE })).pixels);
}

/** Red, green and blue over a middle grey. */
function overGrey(pixels: Uint8Array): Uint8Array {
  const values = new Uint8Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4) {
    const alpha = pixels[from + 3]! / 255;
    for (let channel = 0; channel < 3; channel++) {
      values[to++] = pixels[from + channel]! * alpha + 128 * (1 - alpha);
    }
  }
  return values;
}

/** Mean absolute difference of two pictures, as a share of the range. */
export function meanDifference(left: Uint8Array, right: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += Math.abs(left[i]! - right[i]!);
  return sum / left.length / 255;
}

/** The members in groups of one key, both in their first order. */
export function groupBy<Member>(members: readonly Member[], keyOf: (member: Member) => string): Member[][] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = keyOf(member);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [member]);
    else group.push(member);
  }
  return [...groups.values()];
}
