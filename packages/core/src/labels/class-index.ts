import { ArgumentError, describeValue, ZooError } from '../errors';

/** A class in an index: its name, or ImageNet's pair of WordNet identifier and name. */
export type ClassIndexEntry = string | readonly [wordNetId: string, name: string];

/** What each output means: by number, as a list, or as the JSON files have it with the numbers as keys in any order. */
export type ClassIndex = readonly ClassIndexEntry[] | Readonly<Record<string, ClassIndexEntry | number>>;

/**
 * Reads a class index and returns the class names in label order. An index is an object whose keys are the labels in any order, or a text
 * with one name per line.
 *
 * Reads `{"1": "doctor", "0": "chef"}` (IdenProf, ImageAI), `{"0": ["n01440764", "tench"]}` (Keras' ImageNet index: the last entry is the
 * name), `{"chef": 0, "doctor": 1}` (Keras' class_indices), a plain list, and `labels.txt` (TensorFlow Lite, Teachable Machine's `0 chef`
 * too).
 *
 * @example
 * parseClassIndex(await readFile('idenprof_model_class.json', 'utf8'));   // ['chef', 'doctor', ...]
 *
 * @param index The file's text, or what JSON.parse made of it.
 * @param source The name of the index in errors, usually the file's path.
 * @throws ZooError `invalid-file` unless every label from 0 on has one name.
 */
export function parseClassIndex(index: unknown, source = 'the class index'): string[] {
  const entries = classIndexEntries(typeof index === 'string' ? parse(index, source) : index, source);
  return entries.map((entry) => (typeof entry === 'string' ? entry : entry[1]));
}

/**
 * The entries of a parsed class index by label.
 *
 * @throws As {@link parseClassIndex} does.
 */
export function classIndexEntries(index: unknown, source = 'the class index'): ClassIndexEntry[] {
  if (Array.isArray(index) && index.length > 0) {
    return index.map((entry, label) => expectEntry(entry, label, source));
  }
  if (typeof index !== 'object' || index === null) {
    throw new ArgumentError('index', 'a class index: an object or a list', index);
  }
  const labelled = Object.entries(index).map(([key, value]: [string, unknown]) =>
    typeof value === 'number' ? ([value, key] as const) : ([Number(key), value] as const),
  );
  const entries: ClassIndexEntry[] = [];
  for (const [label, entry] of labelled) {
    if (
      !Number.isSafeInteger(label) ||
      label < 0 ||
      label >= labelled.length ||
      entries[label] !== undefined
    ) {
      const labels = JSON.stringify(labelled.slice(0, 12).map(([key]) => key));
      throw indexError(source, `the labels from 0 to ${labelled.length - 1}, once each`, labels);
    }
    entries[label] = expectEntry(entry, label, source);
  }
  if (entries.length === 0) throw indexError(source, 'at least one class', 'none');
  return entries;
}

/** `{"0": "chef", "1": "doctor"}`: a class index as {@link parseClassIndex} and Python programs read it. */
export function classIndexJson(classNames: readonly string[]): string {
  return `${JSON.stringify(Object.fromEntries(classNames.entries()), undefined, 2)}\n`;
}

function parse(text: string, source: string): unknown {
  if (/^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      const message = `Expected a class index in ${source} but its JSON can't be parsed. Correct the file.`;
      throw new ZooError('invalid-file', message, { cause });
    }
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const names = lines.filter((line) => line !== '');
  const isText = names.length > 0 && !text.includes('\0') && !text.startsWith('<');
  if (!isText) throw indexError(source, 'JSON or one name a line', 'something else');
  const isNumbered = names.every((name, label) => name.startsWith(`${label} `));
  return isNumbered ? names.map((name) => name.slice(name.indexOf(' ') + 1)) : names;
}

function expectEntry(value: unknown, label: number, source: string): ClassIndexEntry {
  const name: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof name !== 'string' || name === '') {
    throw indexError(source, `a name for label ${label}`, describeValue(value));
  }
  return Array.isArray(value) && typeof value[0] === 'string' ? [value[0], name] : name;
}

function indexError(source: string, expected: string, found: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in ${source} but found ${found}. Write it as {"0": "first", "1": "second"}.`,
  );
}
