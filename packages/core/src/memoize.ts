/** A function that computes its value at the first call and returns the same value from then on. */
export function memoize<Value>(compute: () => Value): () => Value {
  let held: { value: Value } | undefined;
  return () => (held ??= { value: compute() }).value;
}
