import type { ImageFormat } from '../image/picture-format';

import {
  classesOf,
  spreadOf,
  type DuplicateGroup,
  type InspectedPicture,
  type InspectedSizes,
  type InspectedSplit,
  type Inspection,
  type UnreadablePicture,
} from './inspection';
import { nearGroups } from './near-groups';
import { colorsOf, DIGEST_BYTES, haveLikeColors, type PictureRecords } from './picture-record';

/** What was found in looking through all pictures. */
export interface LookedThrough {
  readonly classNames: readonly string[];
  readonly splitNames: readonly string[];
  readonly pictures: readonly InspectedPicture[];
  readonly records: PictureRecords;
  /** Problems of pictures that can't be read, by their number. */
  readonly problems: ReadonlyMap<number, string>;
  readonly formats: ReadonlyMap<ImageFormat | 'pixels', number>;
  readonly ignored: number;
}

/** The {@link Inspection} that records of all pictures make. */
export function summarize(found: LookedThrough, nearDistance: number): Inspection {
  const { classNames, splitNames, pictures, records, problems, formats, ignored } = found;
  const readable = pictures.flatMap((_, index) => (records.heights[index] === 0 ? [] : [index]));
  const equal = equalGroups(found);
  const near = withEqualOnes(
    nearGroups(records.hashes, firstOfEach(readable, equal), nearDistance, (left, right) =>
      haveLikeColors(records, left, right),
    ),
    equal,
  );
  const groupOf = (members: readonly number[]): DuplicateGroup => {
    const shown = members.map((index) => pictures[index]!);
    return {
      pictures: shown,
      isLeak: new Set(shown.map(({ split }) => split)).size > 1,
      hasSeveralLabels: new Set(shown.map(({ className }) => className)).size > 1,
    };
  };
  const elsewhere = { equal: elsewhereOf(pictures, equal), near: elsewhereOf(pictures, near) };
  return {
    classNames,
    splits: splitNames.map((name) => splitOf(name, found, elsewhere)),
    pictures: pictures.length,
    formats: Object.fromEntries([...formats].sort((left, right) => right[1] - left[1])),
    sizes: readable.length === 0 ? undefined : sizesOf(records, readable),
    colors: readable.length === 0 ? undefined : colorsOf(records, readable),
    unreadable: [...problems]
      .sort(([left], [right]) => left - right)
      .map(([index, problem]): UnreadablePicture => ({ ...pictures[index]!, problem })),
    equal: equal.map(groupOf),
    near: near.map(groupOf),
    samples: samplesOf(found, readable),
    ignored,
  };
}

function equalGroups({ pictures, records: { digests } }: LookedThrough): number[][] {
  const groups = new Map<string, number[]>();
  const first = new Map<string, number>();
  const decoder = new TextDecoder('latin1');
  pictures.forEach((_, index) => {
    const digest = digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
    // A file that could not be opened has none.
    if (digest.every((byte) => byte === 0)) return;
    const key = decoder.decode(digest);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return;
    }
    const group = groups.get(key) ?? [earlier];
    group.push(index);
    groups.set(key, group);
  });
  return [...groups.values()].sort((left, right) => left[0]! - right[0]!);
}

/** `places` without those that are equal to one before them. */
function firstOfEach(places: readonly number[], equal: readonly (readonly number[])[]): number[] {
  const later = new Set(equal.flatMap((group) => group.slice(1)));
  return places.filter((place) => !later.has(place));
}

/** `near` with all that are equal to one of its members. */
function withEqualOnes(near: readonly number[][], equal: readonly number[][]): number[][] {
  const groupOfFirst = new Map(equal.map((group) => [group[0]!, group]));
  return near.map((group) =>
    group.flatMap((index) => groupOfFirst.get(index) ?? [index]).sort((left, right) => left - right),
  );
}

/** The pictures that have another of their group in another split. */
function elsewhereOf(
  pictures: readonly InspectedPicture[],
  groups: readonly (readonly number[])[],
): ReadonlySet<number> {
  const leaks = groups.filter((group) => new Set(group.map((index) => pictures[index]!.split)).size > 1);
  return new Set(leaks.flat());
}

function splitOf(
  name: string,
  { classNames, pictures }: LookedThrough,
  elsewhere: { equal: ReadonlySet<number>; near: ReadonlySet<number> },
): InspectedSplit {
  const counts = new Map(classNames.map((className) => [className, 0]));
  const members = pictures.flatMap(({ split }, index) => (split === name ? [index] : []));
  for (const index of members) {
    for (const className of classesOf(pictures[index]!)) counts.set(className, counts.get(className)! + 1);
  }
  const classCounts = [...counts.values()];
  const smallest = classCounts.reduce((least, count) => Math.min(least, count), Infinity);
  return {
    name,
    pictures: members.length,
    classCounts,
    imbalance: smallest === 0 || smallest === Infinity ? null : Math.max(...classCounts) / smallest,
    equalElsewhere: members.filter((index) => elsewhere.equal.has(index)).length,
    nearElsewhere: members.filter((index) => elsewhere.near.has(index) && !elsewhere.equal.has(index)).length,
  };
}

const SHOWN_SIZES = 10;

function sizesOf({ heights, widths }: PictureRecords, readable: readonly number[]): InspectedSizes {
  const counts = new Map<string, { height: number; width: number; pictures: number }>();
  for (const index of readable) {
    const [height, width] = [heights[index]!, widths[index]!];
    const known = counts.get(`${height}x${width}`);
    if (known === undefined) counts.set(`${height}x${width}`, { height, width, pictures: 1 });
    else known.pictures += 1;
  }
  return {
    height: spreadOf(Uint32Array.from(readable, (index) => heights[index]!)),
    width: spreadOf(Uint32Array.from(readable, (index) => widths[index]!)),
    count: counts.size,
    mostFrequent: [...counts.values()]
      .sort((left, right) => right.pictures - left.pictures)
      .slice(0, SHOWN_SIZES),
  };
}

const SAMPLES = 8;

function samplesOf({ classNames, pictures }: LookedThrough, readable: readonly number[]): InspectedPicture[] {
  const byClass = new Map<string, number[]>(classNames.map((name) => [name, []]));
  for (const index of readable)
    for (const className of classesOf(pictures[index]!)) byClass.get(className)!.push(index);
  const chosen = [...byClass.values()].flatMap((members) =>
    Array.from(
      { length: Math.min(SAMPLES, members.length) },
      (_, place) =>
        pictures[members[Math.floor((place * members.length) / Math.min(SAMPLES, members.length))]!]!,
    ),
  );
  // A picture with several classes counts for each.
  return [...new Set(chosen)];
}
