/**
 * Work on a picture that may be put aside: a generator that yields every few rows, so that a caller can look at other things in
 * between, or give it up.
 */
export type Slices<Value> = Generator<undefined, Value, undefined>;

/** The result of `work`, done at once. */
export function atOnce<Value>(work: Slices<Value>): Value {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
