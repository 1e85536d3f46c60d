/** A function that computes once, at its first call, and returns that value ever after. */
export function memoize<Value>(compute: () => Value): () => Value {
  let held: { value: Value } | undefined;
  return () => (held ??= { value: compute() }).value;
}
