/** A check for lists of `length` values, of any number where it is undefined, that all pass `check`. */
export function isTuple(
  length: number | undefined,
  check: (value: unknown) => boolean,
): (value: unknown) => boolean {
  return (value) =>
    Array.isArray(value) &&
    (length === undefined || value.length === length) &&
    value.every((each) => check(each));
}
