import type * as tf from '@tensorflow/tfjs-core';
import { tensorOfValues } from '@zoo/core';

import type { Communicator } from '../node/distributed/communicator';

import { layOutGradients } from './gradient-layout';

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
  const values = new Float32Array(new SharedArrayBuffer(4 * length));
  /** Which parameters have a gradient: one that no rank has must be left alone by the optimizer. */
  const present = new Float32Array(new SharedArrayBuffer(4 * parameters.length));
  const additions = new Array<number>(parameters.length).fill(0);
  let complete = new Set<number>();
  let underWay: Promise<void>[] = [];

  const send = ({ start, end }: { start: number; end: number }): void => {
    const bucket = values.subarray(start, end);
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
  const flush = (): void => {
    for (const bucket of buckets.slice(underWay.length)) send(bucket);
  };
  const reset = (): void => {
    values.fill(0);
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
      additions[parameter]! += 1;
      present[parameter] = 1;
      if (additions[parameter] !== parts) return;
      complete.add(parameter);
      sendComplete();
    },
    flush,
    finish: async () => {
      try {
        flush();
        // A bucket's several exchanges start as soon as they can, with no other between them.
        if (sumBucket !== undefined) await Promise.all(underWay);
        underWay.push(communicator.allReduce(present));
        await Promise.all(underWay);
        return parameters.map(({ variable: { shape, size } }, index) => {
          if (present[index] === 0) return undefined;
          return tensorOfValues(values.subarray(offsets[index], offsets[index]! + size), shape);
        });
      } finally {
        await Promise.allSettled(underWay);
        reset();
      }
    },
  };
}
