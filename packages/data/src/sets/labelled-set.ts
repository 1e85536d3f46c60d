import { ZooError } from '@zoo/core';

import { byCodePoints } from './by-code-points';
import type { ImageExample } from './image-set';
import { severalLabels } from './labels';

/** A picture's path with the name of its class. */
export interface NamedExample {
  readonly path: string;
  readonly name: string;
}

/** A picture's path with the names of all classes that it has. */
export interface ManyNamedExample {
  readonly path: string;
  readonly names: readonly string[];
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
  const { classes, find } = classesOf(examples, ({ name }) => [name], classNames, source);
  return {
    classNames: classes,
    examples: examples.map(({ path, name }) => ({ path, label: find(name, path) })),
  };
}

/** {@link labelledSet} of pictures that may have several classes, or none. */
export function multiLabelledSet(
  examples: readonly ManyNamedExample[],
  classNames: readonly string[] | undefined,
  source: string,
): { classNames: readonly string[]; examples: ImageExample[] } {
  const { classes, find } = classesOf(examples, ({ names }) => names, classNames, source);
  return {
    classNames: classes,
    examples: examples.map(({ path, names }) => ({
      path,
      ...severalLabels(names.map((name) => find(name, path))),
    })),
  };
}

function classesOf<Example>(
  examples: readonly Example[],
  namesOf: (example: Example) => readonly string[],
  classNames: readonly string[] | undefined,
  source: string,
): { classes: readonly string[]; find: (name: string, path: string) => number } {
  const names = classNames ?? sortedNames(new Set(examples.flatMap(namesOf)));
  if (examples.length === 0 || names.length === 0) {
    throw new ZooError(
      'invalid-file',
      `Expected pictures with labels in ${source} but found none. Check the path and where the labels are read from.`,
    );
  }
  const labels = new Map(names.map((name, label) => [name, label]));
  const find = (name: string, path: string): number => {
    const label = labels.get(name);
    if (label !== undefined) return label;
    throw new ZooError(
      'invalid-file',
      `Expected a label out of ${names.join(', ')} for ${path} in ${source} but found '${name}'. Add it to classNames, or correct the label.`,
    );
  };
  return { classes: names, find };
}

function sortedNames(names: ReadonlySet<string>): string[] {
  const all = [...names];
  const areNumbers = all.every((name) => /^(0|[1-9]\d{0,14})$/.test(name));
  return all.sort(areNumbers ? (left, right) => Number(left) - Number(right) : byCodePoints);
}
