/** Bytes of gradients that are exchanged at a time: the first leave while later ones are still computed. */
export const BUCKET_BYTES = 4 * 2 ** 20;

/** A parameter of as many values has a bucket of its own, which can be exchanged where the gradient lies. */
export const LONE_VALUES = 2 ** 16;

/** Parameters whose gradients are exchanged together. */
export interface Bucket {
  /** Places of its values: from `start` up to `end`. */
  readonly start: number;
  readonly end: number;
  /** Parameters in it, by their index. */
  readonly parameters: readonly number[];
}

/** Where each gradient lies among all, and the buckets that they make. */
export interface GradientLayout {
  /** The first place of each parameter's gradient, by the parameter's index. */
  readonly offsets: readonly number[];
  readonly buckets: readonly Bucket[];
  /** Values of all gradients. */
  readonly length: number;
}

/**
 * Gradients in the order in which the backward pass makes them, last parameter first: large ones each by itself, those between them together.
 *
 * Buckets are exchanged in their order on all ranks, whichever is ready first.
 *
 * @param sizes Values of each parameter.
 */
export function layOutGradients(
  sizes: readonly number[],
  bucketBytes = BUCKET_BYTES,
  loneValues = LONE_VALUES,
): GradientLayout {
  const order = sizes.map((_, index) => sizes.length - 1 - index);
  const groups: number[][] = [];
  let open: number[] = [];
  for (const index of order) {
    if (sizes[index]! >= loneValues) groups.push([index]);
    else open.push(index);
    const bytes = open.reduce((sum, member) => sum + 4 * sizes[member]!, 0);
    if (open.length === 0 || (bytes < bucketBytes && index > 0)) continue;
    groups.push(open);
    open = [];
  }
  const offsets = new Array<number>(sizes.length).fill(0);
  let length = 0;
  const buckets = groups.map((parameters) => {
    const start = length;
    for (const index of parameters) {
      offsets[index] = length;
      length += sizes[index]!;
    }
    return { start, end: length, parameters };
  });
  return { offsets, buckets, length };
}
