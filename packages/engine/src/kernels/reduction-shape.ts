import * as tf from '@tensorflow/tfjs-core';

import { inputsOf, type KernelCall } from './kernel-call';

/** A reduction over neighbouring axes that are not the last: x is [groups, rows, columns], and the rows go. */
export interface ReductionShape {
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
  /** The result's shape as TensorFlow.js wants it. */
  readonly outShape: readonly number[];
}

/** The shape of a call of TensorFlow.js' Sum or Mean; undefined for axes that are apart from each other or hold the last. */
export function reductionShape(call: KernelCall): ReductionShape | undefined {
  const { shape } = inputsOf<'x'>(call).x;
  const { axis, keepDims } = call.attrs as { axis?: number | number[] | null; keepDims: boolean };
  const axes = tf.util.parseAxisParam(axis ?? shape.map((_, index) => index), shape).sort((a, b) => a - b);
  const [first, last] = [axes[0], axes.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (last - first + 1 !== axes.length || last === shape.length - 1) return undefined;
  return {
    groups: tf.util.sizeFromShape(shape.slice(0, first)),
    rows: tf.util.sizeFromShape(shape.slice(first, last + 1)),
    columns: tf.util.sizeFromShape(shape.slice(last + 1)),
    outShape: [...shape.slice(0, first), ...(keepDims ? axes.map(() => 1) : []), ...shape.slice(last + 1)],
  };
}
