import { ZooError } from '@zoo/core';

import { byCodePoints } from './by-code-points';
import type { ImageExample } from './image-set';

/** A picture's path with the name of its class. */
export interface NamedExample {
  readonly path: string;
  readonly name: string;
}

/**
 * Examples whose classes are given by name, with labels.
 *
 * @param classNames The classes in label order. Default those that occur, sorted: by value if all are whole numbers, else by code
 *   points as Python's `sorted` does.
 * @param source The folder or file that they come from, for messages.
 * @throws ZooError `invalid-file` without examples, or for a class that `classNames` doesn't have.
 */
export function labelledSet(
  examples: readonly NamedExample[],
  classNames: readonly string[] | undefined,
  source: string,
): { classNames: readonly string[]; examples: ImageExample[] } {
  if (examples.length === 0) {
    throw new ZooError(
      'invalid-file',
      `Expected pictures with labels in ${source} but found none. Check the path and how labels are told.`,
    );
  }
  const classes = classNames ?? sortedNames(new Set(examples.map(({ name }) => name)));
  const labels = new Map(classes.map((name, label) => [name, label]));
  const labelled = examples.map(({ path, name }) => {
    const label = labels.get(name);
    if (label !== undefined) return { path, label };
    throw new ZooError(
      'invalid-file',
      `Expected a label out of ${classes.join(', ')} for ${path} in ${source} but found '${name}'. Add it to classNames, or correct the label.`,
    );
  });
  return { classNames: classes, examples: labelled };
}

function sortedNames(names: ReadonlySet<string>): string[] {
  const all = [...names];
  const areNumbers = all.every((name) => /^(0|[1-9]\d{0,14})$/.test(name));
  return all.sort(areNumbers ? (left, right) => Number(left) - Number(right) : byCodePoints);
}
