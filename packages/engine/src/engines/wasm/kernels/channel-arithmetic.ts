import * as tf from '@tensorflow/tfjs-core';

import { inputsOf, type KernelCall } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';

import type { KernelDefinition } from './kernel-definition';
import { blocksOf } from './row-blocks';

const BYTES = 4;

/** Fewer values a row, or in each of several groups, cost less than the calls: those stay tfjs's. */
const LEAST_COLUMNS = 4;
const LEAST_GROUP_VALUES = 1024;

/** What the smaller operand's value makes of the larger one's, a line: its slope, and how often the value is in its intercept. */
interface Line {
  readonly slope: 1 | -1 | 'value';
  readonly intercept: 1 | -1 | 0;
}

const SCALED: Line = { slope: 'value', intercept: 0 };

/** Products of a tensor with a value for each channel, or each picture's channel, as in an attention's gate; others stay tfjs's. */
export const multiply: KernelDefinition = {
  name: 'Multiply',
  compute: (context, call) => ofChannels(context, call, { a: SCALED, b: SCALED }),
};

/** Differences of such tensors. */
export const subtract: KernelDefinition = {
  name: 'Sub',
  compute: (context, call) =>
    ofChannels(context, call, { a: { slope: 1, intercept: -1 }, b: { slope: -1, intercept: 1 } }),
};

/**
 * An operation of a large tensor and a small one that is repeated over neighbouring axes before the last, where the result is a line in the
 * large one's values: a pass over memory, where tfjs works out for each value where its partner lies.
 *
 * @param lines The line where `a` is the large one, and where `b` is.
 * @returns Undefined for operands of other shapes or types.
 */
export function ofChannels(
  context: KernelContext,
  call: KernelCall,
  lines: Readonly<Record<'a' | 'b', Line>>,
): TensorInfo | undefined {
  const { a, b } = inputsOf<'a' | 'b'>(call);
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const isALarge = tf.util.sizeFromShape(a.shape) > tf.util.sizeFromShape(b.shape);
  const [large, small] = isALarge ? [a, b] : [b, a];
  const repeated = repetition(large.shape, small.shape);
  if (repeated === undefined) return undefined;
  const { groups, rows, columns } = repeated;
  const { blockRows, blocks } = blocksOf(rows, columns);
  const result = context.output(large.shape);
  const values = context.addressOf(small);
  const groupBytes = columns * BYTES;
  context.withBuffer(2 * groups * groupBytes, (slopes) => {
    const intercepts = slopes + groups * groupBytes;
    writeLines(context, isALarge ? lines.a : lines.b, values, slopes, intercepts, groups * columns);
    for (let group = 0; group < groups; group++) {
      const start = group * rows * groupBytes;
      context.pool.run(KERNEL_NUMBER.affine, blocks, [
        ...[context.addressOf(large) + start, context.addressOf(result) + start],
        ...[slopes + group * groupBytes, intercepts + group * groupBytes, rows, columns, blockRows],
      ]);
    }
  });
  return result;
}

function writeLines(
  context: KernelContext,
  { slope, intercept }: Line,
  values: number,
  slopes: number,
  intercepts: number,
  count: number,
): void {
  const from = context.floatsAt(values, count);
  const toSlopes = context.floatsAt(slopes, count);
  const toIntercepts = context.floatsAt(intercepts, count);
  if (slope === 'value') toSlopes.set(from);
  else toSlopes.fill(slope);
  if (intercept === 0) toIntercepts.fill(0);
  else from.forEach((value, index) => (toIntercepts[index] = intercept * value));
}

/** How `small` is repeated to `large`: `rows` times in each of `groups`; undefined if it is otherwise or not at all. */
function repetition(
  large: readonly number[],
  small: readonly number[],
): { groups: number; rows: number; columns: number } | undefined {
  if (small.length > large.length || small.length === 0) return undefined;
  const padded = [...Array<number>(large.length - small.length).fill(1), ...small];
  const columns = large.at(-1)!;
  if (padded.at(-1) !== columns || columns < LEAST_COLUMNS) return undefined;
  let groupAxes = 0;
  while (groupAxes < large.length - 1 && padded[groupAxes] === large[groupAxes]) groupAxes++;
  if (padded.slice(groupAxes, -1).some((size) => size !== 1)) return undefined;
  const groups = tf.util.sizeFromShape(large.slice(0, groupAxes));
  const rows = tf.util.sizeFromShape(large.slice(groupAxes, -1));
  if (groups === 0 || rows < 2 || (groups > 1 && rows * columns < LEAST_GROUP_VALUES)) return undefined;
  return { groups, rows, columns };
}
