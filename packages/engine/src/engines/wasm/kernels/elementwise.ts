import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER, type KernelNumber } from '../kernel-number';
import { floatBits } from '../thread-pool';

import { ofChannels } from './channel-arithmetic';
import { composing } from './composing';
import { eachFloat, fusedKernel, type KernelDefinition } from './kernel-definition';

/** Layout shared with assembly/elementwise.ts. */
const VALUES_A_TILE = 16384;

/** Tiles of an operation on `count` values. */
export function elementTiles(count: number): number {
  return Math.ceil(count / VALUES_A_TILE);
}

/** Sets every value of a tensor. */
export function fill(context: KernelContext, target: TensorInfo, value: number): void {
  const count = tf.util.sizeFromShape(target.shape);
  context.pool.run(KERNEL_NUMBER.fill, elementTiles(count), [
    count,
    context.addressOf(target),
    floatBits(value),
  ]);
}

const SHIFTED = { slope: 1, intercept: 1 } as const;

/** The sum of two tensors of one shape, as in a residual block, or of one and a value for each of its channels; others stay tfjs's. */
export const add: KernelDefinition = {
  name: 'Add',
  compute(context, call) {
    const { a, b } = inputsOf<'a' | 'b'>(call);
    if (!tf.util.arraysEqual(a.shape, b.shape)) {
      return ofChannels(context, call, { a: SHIFTED, b: SHIFTED });
    }
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
    const sum = context.output(a.shape);
    const count = tf.util.sizeFromShape(a.shape);
    context.pool.run(KERNEL_NUMBER.add, elementTiles(count), [
      count,
      ...[a, b, sum].map((tensor) => context.addressOf(tensor)),
    ]);
    return sum;
  },
};

/** Another tensor of the same data: tfjs's own kernel copies them, at each clone and each value saved for a gradient. */
export const identity: KernelDefinition = {
  name: 'Identity',
  compute(context, call) {
    const { dataId, shape, dtype } = inputsOf<'x'>(call).x;
    context.backend.incRef(dataId);
    return { dataId, shape, dtype };
  },
};

/** max(x, 0). */
export const relu = valueByValue('Relu', KERNEL_NUMBER.relu);

/** min(max(x, 0), 6); stock makes 0 of NaN, and so hides that a training has failed. */
export const relu6 = valueByValue('Relu6', KERNEL_NUMBER.clip, () => [0, 6]);

/** x between two bounds; NaN stays NaN. */
export const clipByValue = valueByValue('ClipByValue', KERNEL_NUMBER.clip, (attrs) => {
  const { clipValueMin, clipValueMax } = attrs as tf.ClipByValueAttrs;
  return [clipValueMin, clipValueMax];
});

/** -1, 0 or 1; stock's is 0 for numbers under 1e-7. */
export const sign = valueByValue('Sign', KERNEL_NUMBER.sign);

/** A kernel that makes one value of one value, with constants that follow from the attributes. */
function valueByValue(
  name: string,
  kernel: KernelNumber,
  constants: (attrs: unknown) => number[] = () => [],
): KernelDefinition {
  return eachFloat(name, (context, x, y, attrs) => {
    const count = tf.util.sizeFromShape(x.shape);
    context.pool.run(kernel, elementTiles(count), [
      count,
      ...[x, y].map((tensor) => context.addressOf(tensor)),
      ...constants(attrs).map(floatBits),
    ]);
  });
}

/** The gradient of ReLU from its output. */
export const reluGradient = fusedKernel(FUSED_KERNELS.reluGrad, (context, { dy, y }) => {
  const dx = context.output(y.shape);
  const count = tf.util.sizeFromShape(y.shape);
  context.pool.run(KERNEL_NUMBER.reluGradient, elementTiles(count), [
    count,
    ...[dy, y, dx].map((tensor) => context.addressOf(tensor)),
  ]);
  return dx;
});

/** The larger of two values; stock keeps the number where the other value is NaN. */
export const maximum = pairByPair('Maximum', KERNEL_NUMBER.maximum);

/** The smaller of two values; stock keeps the number where the other value is NaN. */
export const minimum = pairByPair('Minimum', KERNEL_NUMBER.minimum);

/** A kernel of two operands of one shape, or of one value and all others; what is broadcast otherwise is written out first. */
function pairByPair(name: string, kernel: KernelNumber): KernelDefinition {
  return {
    name,
    compute(context, call) {
      const { a, b } = inputsOf<'a' | 'b'>(call);
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
      const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
      const count = tf.util.sizeFromShape(shape);
      return composing(context, (run) => {
        const operands = [a, b].map((operand) => {
          const size = tf.util.sizeFromShape(operand.shape);
          return size === 1 || size === count ? operand : run('Tile', ...tiling(operand, shape));
        });
        const y = context.output(shape);
        context.pool.run(kernel, elementTiles(count), [
          count,
          ...[...operands, y].map((tensor) => context.addressOf(tensor)),
          ...operands.map((operand) => (tf.util.sizeFromShape(operand.shape) === 1 ? 0 : 4)),
        ]);
        return y;
      });
    },
  };
}

/** Inputs and attributes of the Tile kernel that brings `x` to `shape`. */
function tiling(x: TensorInfo, shape: readonly number[]): [{ x: TensorInfo }, { reps: number[] }] {
  const ones = Array.from({ length: shape.length - x.shape.length }, () => 1);
  const padded = [...ones, ...x.shape];
  return [{ x: { ...x, shape: padded } }, { reps: shape.map((size, axis) => size / padded[axis]!) }];
}
