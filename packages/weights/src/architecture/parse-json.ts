import { invalidFile } from '../source/byte-source';

/** Deepest JSON that is read; sixteen models within each other take a hundred levels. */
const MAXIMUM_DEPTH = 250;
/** Lists and objects, empty ones too, take some fifty bytes each, whatever their text takes; 100,000 tensors have 300,000. */
const MAXIMUM_CONTAINERS = 1_000_000;

/**
 * The value of a JSON text in a file.
 *
 * @param problem What is said of a text that is no JSON: "[file] [problem]."
 * @param levelsOfNames How many levels of objects, from the outside, have names for keys, which may be any.
 * @throws ZooError 'invalid-file' for what is no JSON, or nested so deep, or with such keys, that walking it would end in an
 *   error of JavaScript's.
 */
export function parseJson(
  text: string,
  fileName: string,
  problem: string,
  nextStep = '',
  levelsOfNames = 0,
): unknown {
  const { deepest, containers } = structureOf(text);
  if (deepest > MAXIMUM_DEPTH) throw invalidFile(fileName, 'holds JSON that is nested too deep');
  if (containers > MAXIMUM_CONTAINERS)
    throw invalidFile(fileName, 'holds JSON of too many lists and objects');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalidFile(fileName, problem, nextStep, cause);
  }
  // Only an escape sequence can hide these words from a search of the text.
  if (/toString|valueOf|\\u/.test(text) && holdsConversion(value, levelsOfNames))
    throw invalidFile(fileName, 'holds JSON with a key that no program writes, toString or valueOf');
  return value;
}

/** True for JSON with an object that JavaScript can't make a text or a number of, as it does with every other: `{"toString": 1}`. */
function holdsConversion(value: unknown, levelsOfNames: number): boolean {
  const pending: (readonly [item: unknown, level: number])[] = [[value, 0]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [item, level] = next;
    if (typeof item !== 'object' || item === null) continue;
    const isNamed = Array.isArray(item) || level < levelsOfNames;
    if (!isNamed && (Object.hasOwn(item, 'toString') || Object.hasOwn(item, 'valueOf'))) return true;
    for (const inner of Object.values(item) as unknown[])
      if (typeof inner === 'object' && inner !== null) pending.push([inner, level + 1]);
  }
  return false;
}

/** How many brackets are open at most, and how many open in all, those in texts apart. */
function structureOf(text: string): { deepest: number; containers: number } {
  let [depth, deepest, containers] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfText(text, i);
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        containers++;
        if (depth > deepest) deepest = depth;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  return { deepest, containers };
}

/** Where the quotation mark stands that closes the one at `start`. */
function endOfText(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i;
    if (code === 0x5c) i++;
  }
  return text.length;
}
