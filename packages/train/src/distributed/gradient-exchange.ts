import * as tf from '@tensorflow/tfjs-core';
import { tensorOfValues } from '@zoo/core';

import type { Communicator } from '../node/distributed/communicator';

import { layOutGradients, type Bucket } from './gradient-layout';

/** What the exchange needs to know of a weight. */
export interface ExchangedWeight {
  readonly variable: tf.Variable;
}

/** How buckets of gradients are summed over the ranks, in place. */
export type SumBucket = (values: Float32Array) => Promise<void>;

/** The gradients of this rank, which become the sums over all ranks, bucket by bucket. */
export interface GradientExchange {
  /** Adds to a parameter's gradient; it is on its way, with its bucket, once `parts` additions have been made. */
  add(parameter: number, values: Float32Array, parts?: number): void;
  /**
   * A parameter's whole gradient, which becomes the sum where it lies; `finish` returns a tensor of the same memory.
   *
   * Only for what has a bucket of its own: see {@link GradientExchange.isAlone}.
   *
   * @param gradient A tensor whose values nothing else reads any more.
   * @param values Its values, in memory that threads share.
   */
  addInPlace(parameter: number, gradient: tf.Tensor, values: Float32Array): void;
  /** True for a parameter whose gradient is exchanged by itself. */
  isAlone(parameter: number): boolean;
  /** Sends every bucket that has not been sent. */
  flush(): void;
  /**
   * Sends what has not been sent, waits for the sums of all ranks and makes tensors of them, the caller's: one for each parameter that
   * any rank added to.
   */
  finish(): Promise<(tf.Tensor | undefined)[]>;
}

/**
 * Gradients of `parameters`, summed over the ranks of `communicator`.
 *
 * @param sumBucket How, if not by one exchange of float32 a bucket.
 */
export function createGradientExchange(
  communicator: Communicator,
  parameters: readonly ExchangedWeight[],
  sumBucket?: SumBucket,
): GradientExchange {
  const { offsets, buckets, length } = layOutGradients(parameters.map(({ variable }) => variable.size));
  const alone = new Set(
    buckets.flatMap(({ parameters: [first, second] }) => (second === undefined ? [first] : [])),
  );
  const values = new Float32Array(new SharedArrayBuffer(4 * length));
  /** Which parameters have a gradient: one that no rank has must be left alone by the optimizer. */
  const present = new Float32Array(new SharedArrayBuffer(4 * parameters.length));
  const additions = new Array<number>(parameters.length).fill(0);
  const inPlace = new Map<number, { readonly gradient: tf.Tensor; readonly values: Float32Array }>();
  let complete = new Set<number>();
  let underWay: Promise<void>[] = [];

  const regionOf = (parameter: number): Float32Array =>
    values.subarray(offsets[parameter], offsets[parameter]! + parameters[parameter]!.variable.size);
  const send = ({ start, end, parameters: members }: Bucket): void => {
    for (const member of members) if (additions[member] === 0) regionOf(member).fill(0);
    const bucket = inPlace.get(members[0]!)?.values ?? values.subarray(start, end);
    const sent = sumBucket === undefined ? communicator.allReduce(bucket) : sumBucket(bucket);
    // Reported by `finish`, even if that is late.
    sent.catch(() => undefined);
    underWay.push(sent);
  };
  const sendComplete = (): void => {
    for (let next = buckets[underWay.length]; next !== undefined; next = buckets[underWay.length]) {
      if (!next.parameters.every((parameter) => complete.has(parameter))) return;
      send(next);
    }
  };
  const count = (parameter: number, parts: number | undefined): void => {
    additions[parameter]! += 1;
    present[parameter] = 1;
    if (additions[parameter] !== parts) return;
    complete.add(parameter);
    sendComplete();
  };
  const flush = (): void => {
    for (const bucket of buckets.slice(underWay.length)) send(bucket);
  };
  const sumOf = (parameter: number): tf.Tensor | undefined => {
    if (present[parameter] === 0) return undefined;
    const placed = inPlace.get(parameter);
    inPlace.delete(parameter);
    return placed?.gradient ?? tensorOfValues(regionOf(parameter), parameters[parameter]!.variable.shape);
  };
  const reset = (): void => {
    for (const { gradient } of inPlace.values()) gradient.dispose();
    inPlace.clear();
    present.fill(0);
    additions.fill(0);
    complete = new Set();
    underWay = [];
  };

  return {
    add: (parameter, added, parts) => {
      const offset = offsets[parameter]!;
      if (additions[parameter] === 0) values.set(added, offset);
      else for (let index = 0; index < added.length; index++) values[offset + index]! += added[index]!;
      count(parameter, parts);
    },
    addInPlace: (parameter, gradient, own) => {
      inPlace.set(parameter, { gradient: tf.keep(gradient.clone()), values: own });
      count(parameter, 1);
    },
    isAlone: (parameter) => alone.has(parameter),
    flush,
    finish: async () => {
      try {
        flush();
        // A bucket's several exchanges start as soon as they can, with no other between them.
        if (sumBucket !== undefined) await Promise.all(underWay);
        underWay.push(communicator.allReduce(present));
        await Promise.all(underWay);
        return parameters.map((_, parameter) => sumOf(parameter));
      } finally {
        await Promise.allSettled(underWay);
        reset();
      }
    },
  };
}
