/** How many tensors of each shape there are, by shapes as text: `3x3x64x64`. */
export type ShapeCounts = ReadonlyMap<string, number>;

/** Kernels as [height, width, in, out] and [in, out]. */
export function canonicalShape(shape: readonly number[], order: 'tensorflow' | 'pytorch'): readonly number[] {
  if (order === 'tensorflow' || shape.length < 2) return shape;
  const [output, input, ...space] = shape as [number, number, ...number[]];
  return [...space, input, output];
}

/** Counts of all these shapes. */
export function countOf(shapes: readonly (readonly number[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const shape of shapes) {
    const key = shape.join('x');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** What `all` has beyond `part`; undefined if it lacks any of that. */
export function difference(all: ShapeCounts, part: ShapeCounts): Map<string, number> | undefined {
  const rest = new Map(all);
  for (const [key, count] of part) {
    const left = (rest.get(key) ?? 0) - count;
    if (left < 0) return undefined;
    if (left === 0) rest.delete(key);
    else rest.set(key, left);
  }
  return rest;
}
