import * as tf from '@tensorflow/tfjs-core';

import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';
import { floatBits } from '../thread-pool';

import { inputsOf, type KernelCall, type KernelDefinition } from './kernel-definition';
import { blocksOf } from './row-blocks';

const BYTES = 4;

interface ReductionAttributes {
  readonly axis: number | number[] | null | undefined;
  readonly keepDims: boolean;
}

/** Sums over neighbouring axes that are not the last, such as a bias's gradient; others stay tfjs's. */
export const sum: KernelDefinition = {
  name: 'Sum',
  compute: (context, call) => reduce(context, call, () => 1),
};

/** Means over neighbouring axes that are not the last, such as global average pooling; others stay tfjs's. */
export const mean: KernelDefinition = {
  name: 'Mean',
  compute: (context, call) => reduce(context, call, (count) => 1 / count),
};

function reduce(
  context: KernelContext,
  call: KernelCall,
  factorOf: (count: number) => number,
): TensorInfo | undefined {
  const { x } = inputsOf<'x'>(call);
  const { axis, keepDims } = call.attrs as ReductionAttributes;
  const axes = tf.util
    .parseAxisParam(axis ?? x.shape.map((_, index) => index), x.shape)
    .sort((a, b) => a - b);
  const [first, last] = [axes[0], axes.at(-1)];
  if (first === undefined || last === undefined || x.dtype !== 'float32') return undefined;
  if (last - first + 1 !== axes.length || last === x.shape.length - 1) return undefined;
  const [groups, rows, columns] = [
    tf.util.sizeFromShape(x.shape.slice(0, first)),
    tf.util.sizeFromShape(x.shape.slice(first, last + 1)),
    tf.util.sizeFromShape(x.shape.slice(last + 1)),
  ];
  if (groups * rows * columns === 0) return undefined;
  const output = context.output([
    ...x.shape.slice(0, first),
    ...(keepDims ? axes.map(() => 1) : []),
    ...x.shape.slice(last + 1),
  ]);
  sumGroups(context, x, output, { groups, rows, columns, factor: factorOf(rows) });
  return output;
}

function sumGroups(
  context: KernelContext,
  x: TensorInfo,
  output: TensorInfo,
  { groups, rows, columns, factor }: { groups: number; rows: number; columns: number; factor: number },
): void {
  const { blockRows, blocks } = blocksOf(rows, columns);
  context.withBuffer(groups * blocks * columns * BYTES, (partial) => {
    context.pool.run(KERNEL_NUMBER.columnSums, groups * blocks, [
      ...[context.addressOf(x), partial, rows, columns, blockRows, blocks],
    ]);
    context.pool.run(KERNEL_NUMBER.addBlocks, groups, [
      ...[partial, context.addressOf(output), columns, blocks, floatBits(factor)],
    ]);
  });
}
