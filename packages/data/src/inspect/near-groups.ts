import { hashDistance } from './perceptual-hash';

/** The most bits that {@link nearGroups} lets two hashes differ in: beyond, too many lookups. */
export const LARGEST_DISTANCE = 11;

/** Words of 16 bits that a hash of 64 bits falls into. */
const BANDS = 4;
const BAND_VALUES = 1 << 16;

/**
 * Groups of places whose hashes differ in at most `distance` bits, directly or over others in between; a group has two places or more.
 *
 * Hashes that differ in d bits have one of four words in which they differ in a quarter of d at most: so each hash meets those alone that
 * share a word with it but for that many bits: 60,000 pictures take some millions of comparisons in place of 1.8 billion.
 *
 * @param words Two words of 32 bits a hash. [2 * places]
 * @param places Which hashes to look at, in ascending order.
 * @param isLike A last word on pairs whose hashes are near.
 */
export function nearGroups(
  words: Uint32Array,
  places: readonly number[],
  distance: number,
  isLike: (left: number, right: number) => boolean,
): number[][] {
  const sets = disjointSets(places.length);
  const masks = masksOf(Math.floor(distance / BANDS));
  for (let band = 0; band < BANDS; band++) {
    const bandOf = (place: number): number =>
      (words[2 * place + (band >> 1)]! >>> (16 * (band & 1))) & (BAND_VALUES - 1);
    const { starts, members } = byBand(places, bandOf);
    places.forEach((place, index) => {
      for (const mask of masks) {
        const value = bandOf(place) ^ mask;
        for (let at = starts[value]!; at < starts[value + 1]!; at++) {
          const other = members[at]!;
          if (other <= index || sets.find(other) === sets.find(index)) continue;
          if (hashDistance(words, place, places[other]!) > distance || !isLike(place, places[other]!))
            continue;
          sets.join(index, other);
        }
      }
    });
  }
  return sets.groups().map((group) => group.map((index) => places[index]!));
}

/** All words of 16 bits with at most `bits` of them set. */
function masksOf(bits: number): number[] {
  const masks = [0];
  let last = [0];
  for (let count = 1; count <= bits; count++) {
    // Bits above the highest one alone: every mask comes once.
    last = last.flatMap((mask) =>
      Array.from({ length: 16 }, (_, bit) => 1 << bit)
        .filter((bit) => bit > mask)
        .map((bit) => mask | bit),
    );
    masks.push(...last);
  }
  return masks;
}

/** The indices of `places` sorted by band: those of value v stand from `starts[v]` up to `starts[v + 1]`. */
function byBand(places: readonly number[], bandOf: (place: number) => number) {
  const starts = new Int32Array(BAND_VALUES + 1);
  for (const place of places) starts[bandOf(place) + 1]!++;
  for (let value = 0; value < BAND_VALUES; value++) starts[value + 1]! += starts[value]!;
  const next = starts.slice();
  const members = new Int32Array(places.length);
  places.forEach((place, index) => {
    members[next[bandOf(place)]!++] = index;
  });
  return { starts, members };
}

/** Sets that are joined two by two (union-find, with halved paths). */
function disjointSets(count: number) {
  const parents = Int32Array.from({ length: count }, (_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  };
  return {
    find,
    join: (left: number, right: number): void => {
      const [first, second] = [find(left), find(right)].sort((a, b) => a - b) as [number, number];
      parents[second] = first;
    },
    /** Sets of two members or more, in the order of their first. */
    groups: (): number[][] => {
      const groups = new Map<number, number[]>();
      for (let index = 0; index < count; index++) {
        const first = find(index);
        if (first === index && !groups.has(first)) groups.set(first, [index]);
        else groups.get(first)!.push(index);
      }
      return [...groups.values()].filter((group) => group.length > 1);
    },
  };
}
