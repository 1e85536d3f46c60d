/** Bytes of gradients that are exchanged at a time: the first leave while later ones are still computed. */
export const BUCKET_BYTES = 4 * 2 ** 20;

/** A run of parameters whose gradients are exchanged together. */
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
 * Gradients in the order in which the backward pass makes them, last parameter first, cut into buckets.
 *
 * Buckets are exchanged in their order on all ranks, whichever is ready first.
 *
 * @param sizes Values of each parameter.
 */
export function layOutGradients(sizes: readonly number[], bucketBytes = BUCKET_BYTES): GradientLayout {
  const offsets = new Array<number>(sizes.length).fill(0);
  const buckets: Bucket[] = [];
  let [start, end, parameters] = [0, 0, [] as number[]];
  for (let index = sizes.length - 1; index >= 0; index--) {
    offsets[index] = end;
    end += sizes[index]!;
    parameters.push(index);
    if (4 * (end - start) < bucketBytes && index > 0) continue;
    buckets.push({ start, end, parameters });
    [start, parameters] = [end, []];
  }
  return { offsets, buckets, length: end };
}
