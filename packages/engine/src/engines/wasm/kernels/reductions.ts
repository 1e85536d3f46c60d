import { inputsOf, type KernelCall } from '../../../kernels/kernel-call';
import { reductionShape } from '../../../kernels/reduction-shape';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';
import { floatBits } from '../thread-pool';

import type { KernelDefinition } from './kernel-definition';
import { blocksOf } from './row-blocks';

const BYTES = 4;

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
  const shape = x.dtype === 'float32' ? reductionShape(call) : undefined;
  if (shape === undefined) return undefined;
  const { groups, rows, columns, outShape } = shape;
  if (groups * rows * columns === 0) return undefined;
  const output = context.output(outShape);
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
