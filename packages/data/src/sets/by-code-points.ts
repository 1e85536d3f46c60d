/** Sorts as Python does: by code points, where JavaScript compares halves of surrogate pairs. */
export function byCodePoints(left: string, right: string): number {
  if (left === right) return 0;
  for (let i = 0; ; i++) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a === b) continue;
    // A name that ends gives NaN and comes first.
    if (Number.isNaN(a)) return -1;
    if (Number.isNaN(b)) return 1;
    const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
    if (isSurrogate(a) !== isSurrogate(b)) return isSurrogate(a) ? 1 : -1;
    return a - b;
  }
}
