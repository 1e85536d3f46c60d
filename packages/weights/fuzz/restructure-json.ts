import type { Random } from '@zoo/core';

type Place = { readonly holder: Record<string, unknown>; readonly key: string };

const EXTREMES = [0, -1, 1, 1.5, 20_000, 2 ** 31, 2 ** 53, 1e300];
const OTHERS: readonly unknown[] = [null, true, '', 'x', {}, { toString: 1, valueOf: 1 }, [], [[]]];
/** Longest JSON that comes of it: larger files are a matter of bytes, not of structure. */
const LONGEST = 4_000_000;

/**
 * JSON with one to three changes of its structure: elements moved, doubled or there many times, lists doubled within themselves, numbers
 * raised, values left out, exchanged, of another kind or wrapped deep.
 */
export function restructureJson(text: string, random: Random): string {
  const root = { '': parsed(text) };
  if (root[''] === undefined) return text;
  for (let left = random.integer(1, 3); left > 0; left--) {
    const places = placesIn(root);
    const one = pick(places, random);
    const other = pick(places, random);
    const value = one.holder[one.key];
    const kinds = [
      () => exchange(one, other),
      () => (other.holder[other.key] = copyOf(value)),
      () => Reflect.deleteProperty(one.holder, one.key),
      () => (one.holder[one.key] = pick(OTHERS, random)),
      () => (one.holder[one.key] = wrapped(value, random.integer(1, 3000))),
      () => (one.holder[one.key] = pick(EXTREMES, random)),
      () => changeList(pick(listsIn(places), random), random),
      () => changeList(pick(listsIn(places), random), random),
      () => raise(pick(numbersIn(places), random), random),
    ];
    kinds[random.integer(0, kinds.length - 1)]!();
  }
  const result = written(root['']);
  return result === undefined || result.length > LONGEST ? text : result;
}

/** The value, if the text is JSON: what an earlier change left may be none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON of a value; undefined where it is nested too deep for JavaScript to write it. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.integer(0, items.length - 1)]!;
}

/** All places of values, nearest first. */
function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = [{ holder: root, key: '' }];
  // The list grows while it is walked.
  for (const { holder, key } of places) {
    const value = holder[key];
    if (typeof value !== 'object' || value === null || places.length > 20_000) continue;
    for (const inner of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key: inner });
    }
  }
  return places;
}

function listsIn(places: readonly Place[]): Place[] {
  const lists = places.filter(({ holder, key }) => Array.isArray(holder[key]));
  return lists.length === 0 ? [places[0]!] : lists;
}

function numbersIn(places: readonly Place[]): Place[] {
  const numbers = places.filter(({ holder, key }) => typeof holder[key] === 'number');
  return numbers.length === 0 ? [places[0]!] : numbers;
}

/** Elements moved, turned around, doubled, or one of them there hundreds of times. */
function changeList({ holder, key }: Place, random: Random): void {
  const list = holder[key];
  if (!Array.isArray(list) || list.length === 0) return;
  const items = list as unknown[];
  const at = random.integer(0, items.length - 1);
  // What has been multiplied may be multiplied again: never beyond what is written.
  const times = (value: unknown, count: number) =>
    Math.min(count, Math.floor(LONGEST / Math.max(1, written(value)?.length ?? LONGEST)));
  const kinds = [
    () => items.reverse(),
    () => items.length < 10_000 && times(items, 2) === 2 && items.push(...items.map(copyOf)),
    () => items.splice(at, 0, ...items.splice(random.integer(0, items.length - 1), 1)),
    () =>
      items.splice(
        at,
        0,
        ...Array.from({ length: times(items[at], random.integer(2, 700)) }, () => copyOf(items[at])),
      ),
    () => items.splice(at, 1),
  ];
  pick(kinds, random)();
}

function raise({ holder, key }: Place, random: Random): void {
  const value = holder[key];
  // Where no number is left it is the whole, maybe a list too deep for JavaScript to make a number of.
  const number = typeof value === 'number' ? value : Number.NaN;
  holder[key] = pick([...EXTREMES, number + 1, number * 1000], random);
}

function exchange(one: Place, other: Place): void {
  const value = one.holder[one.key];
  one.holder[one.key] = copyOf(other.holder[other.key]);
  other.holder[other.key] = copyOf(value);
}

/** A copy; null where the value is nested too deep to be copied. */
function copyOf(value: unknown): unknown {
  const text = written(value);
  return text === undefined ? null : (JSON.parse(text) as unknown);
}

function wrapped(value: unknown, depth: number): unknown {
  let result = value;
  for (let i = 0; i < depth; i++) result = [result];
  return result;
}
