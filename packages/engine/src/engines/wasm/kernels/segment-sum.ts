import * as tf from '@tensorflow/tfjs-core';

import { inputsOf } from '../../../kernels/kernel-call';

import type { KernelDefinition } from './kernel-definition';

/** Sums of the rows that share a number, which an embedding's or a gather's gradient is: tfjs's wasm backend has none. */
export const unsortedSegmentSum: KernelDefinition = {
  name: 'UnsortedSegmentSum',
  compute(context, call) {
    const { x, segmentIds } = inputsOf<'x' | 'segmentIds'>(call);
    const { numSegments } = call.attrs as { numSegments: number };
    if (x.dtype !== 'float32') return undefined;
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const columns = tf.util.sizeFromShape(rowShape);
    const output = context.output([numSegments, ...rowShape]);
    const values = context.floatsOf(x);
    const sums = context.floatsOf(output).fill(0);
    context.integersOf(segmentIds).forEach((segment, row) => {
      // As on cpu, rows whose number belongs to no segment are left out.
      if (segment < 0 || segment >= numSegments) return;
      for (let c = 0; c < columns; c++) sums[segment * columns + c]! += values[row * columns + c]!;
    });
    return output;
  },
};
