import * as tf from '@tensorflow/tfjs-core';

import { inputsOf } from '../../../kernels/kernel-call';
import { KERNEL_NUMBER } from '../kernel-number';

import type { KernelDefinition } from './kernel-definition';
import { blocksOf } from './row-blocks';

/** Axes of a box beside its runs; assembly/slice.ts has as many. */
const OUTER_AXES = 3;

/**
 * A box cut out of a tensor, which the gradient of padding is: each shortcut without weights of a CIFAR network makes one. tfjs's own copies the
 * whole tensor out of wasm's memory first.
 */
export const slice: KernelDefinition = {
  name: 'Slice',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    const { begin, size } = call.attrs as { begin: number | number[]; size: number | number[] };
    if (x.dtype !== 'float32') return undefined;
    const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    const box = runsOf(x.shape, from, sizes);
    if (box === undefined) return undefined;
    const { axes, runValues, offset } = box;
    const [outer, middle, inner] = axes;
    const { rows, blockRows, blocks } = blocksOf(outer.size * middle.size * inner.size, runValues);
    const y = context.output(sizes);
    context.pool.run(KERNEL_NUMBER.slice, blocks, [
      context.addressOf(x) + offset * Float32Array.BYTES_PER_ELEMENT,
      context.addressOf(y),
      rows,
      blockRows,
      runValues,
      ...[middle.size, inner.size],
      ...[outer.stride, middle.stride, inner.stride],
    ]);
    return y;
  },
};

interface Axis {
  size: number;
  /** Values from one step along the axis to the next. */
  readonly stride: number;
}

interface Runs {
  readonly axes: readonly [Axis, Axis, Axis];
  /** Values that lie one after another. */
  readonly runValues: number;
  /** The box's first value. */
  readonly offset: number;
}

/** The runs of a box; undefined where it is empty or has more axes than the kernel, once those that are whole are joined. */
function runsOf(
  shape: readonly number[],
  from: readonly number[],
  sizes: readonly number[],
): Runs | undefined {
  if (sizes.includes(0)) return undefined;
  const strides = tf.util.computeStrides([...shape, 1]);
  const offset = from.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
  const axes: Axis[] = [{ size: 1, stride: 1 }];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [size, stride] = [sizes[axis]!, strides[axis]!];
    const within = axes[0]!;
    // Where the inner axis is whole, its end meets the next step of this axis.
    if (stride === within.size * within.stride) within.size *= size;
    else if (size > 1) axes.unshift({ size, stride });
  }
  const runValues = axes.pop()!.size;
  while (axes.length < OUTER_AXES) axes.unshift({ size: 1, stride: 0 });
  return axes.length > OUTER_AXES ? undefined : { axes: axes as [Axis, Axis, Axis], runValues, offset };
}
