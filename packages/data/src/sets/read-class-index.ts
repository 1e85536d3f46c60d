import { ArgumentError, ZooError } from '@zoo/core';

/**
 * Class names in label order from a class index: an object whose keys are the labels, in any order.
 *
 * Reads `{"1": "doctor", "0": "chef"}` (IdenProf, ImageAI), `{"0": ["n01440764", "tench"]}` (Keras' ImageNet index: the last
 * entry is the name), `{"chef": 0, "doctor": 1}` (Keras' class_indices) and a plain list.
 *
 * @example
 * readClassIndex(await readFile('idenprof_model_class.json', 'utf8'));   // ['chef', 'doctor', ...]
 *
 * @param json The file's text, or what JSON.parse made of it.
 * @throws ZooError `invalid-file` unless every label from 0 on has one name.
 */
export function readClassIndex(json: unknown): string[] {
  const index = typeof json === 'string' ? parse(json) : json;
  if (Array.isArray(index)) return index.map((name, label) => nameOf(name, label));
  if (typeof index !== 'object' || index === null) {
    throw new ArgumentError('json', 'a class index: an object or a list', json);
  }
  const entries = Object.entries(index as Record<string, unknown>).map(([key, value]) =>
    typeof value === 'number' ? ([value, key] as const) : ([Number(key), value] as const),
  );
  const names: string[] = [];
  for (const [label, name] of entries) {
    if (!Number.isSafeInteger(label) || label < 0 || label >= entries.length || names[label] !== undefined) {
      throw indexError(
        `the labels from 0 to ${entries.length - 1}, once each`,
        JSON.stringify(entries.map(([key]) => key)),
      );
    }
    names[label] = nameOf(name, label);
  }
  if (names.length === 0) throw indexError('at least one class', 'none');
  return names;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ZooError(
      'invalid-file',
      `Expected a class index in JSON but it can't be parsed. Check the file.`,
      {
        cause: error,
      },
    );
  }
}

function nameOf(value: unknown, label: number): string {
  const name: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof name !== 'string' || name === '')
    throw indexError(`a name for label ${label}`, JSON.stringify(value));
  return name;
}

function indexError(expected: string, found: string): ZooError {
  return new ZooError(
    'invalid-file',
    `Expected ${expected} in the class index but found ${found}. Write it as {"0": "first", "1": "second"}.`,
  );
}
