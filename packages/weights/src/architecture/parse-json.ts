import { invalidFile } from '../source/byte-source';

/** Deepest JSON that is read; sixteen models within each other take a hundred levels. */
const MAXIMUM_DEPTH = 250;

/**
 * The value of a JSON text in a file.
 *
 * @param problem What is said of a text that is no JSON: "[file] [problem]."
 * @throws ZooError 'invalid-file' for what is no JSON, or nested so deep that walking it would end in an error of JavaScript's.
 */
export function parseJson(text: string, fileName: string, problem: string, nextStep = ''): unknown {
  if (depthOf(text) > MAXIMUM_DEPTH) throw invalidFile(fileName, 'holds JSON that is nested too deep');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidFile(fileName, problem, nextStep, cause);
  }
}

/** How many brackets are open at most, those in texts apart. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22:
        i = endOfText(text, i);
        break;
      case 0x5b:
      case 0x7b:
        depth++;
        if (depth > deepest) deepest = depth;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
  }
  return deepest;
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
