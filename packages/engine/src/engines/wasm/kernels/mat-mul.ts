import * as tf from '@tensorflow/tfjs-core';

import { withActivation, type ProductActivation } from '../../../kernels/fused-activation';
import { inputsOf, type KernelCall } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';

import { gatheredProduct } from './gathered-product';
import type { KernelDefinition } from './kernel-definition';

const BYTES = 4;

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Matrix products in batches: tfjs's own kernel is naive with a transpose or a batch above 1. */
export const batchMatMul: KernelDefinition = {
  name: 'BatchMatMul',
  compute: (context, call) => matMul(context, call, undefined, 'linear'),
};

/** The same with bias and activation. */
export const fusedMatMul: KernelDefinition = {
  name: '_FusedMatMul',
  compute: (context, call) =>
    withActivation(context, call, (activation) => matMul(context, call, call.inputs.bias, activation)),
};

function matMul(
  context: KernelContext,
  call: KernelCall,
  bias: TensorInfo | undefined,
  activation: ProductActivation,
): TensorInfo | undefined {
  const { a, b } = inputsOf<'a' | 'b'>(call);
  const { transposeA, transposeB } = call.attrs as MatMulAttributes;
  const [rows, depth] = lastDimensions(a.shape, transposeA);
  const [otherDepth, columns] = lastDimensions(b.shape, transposeB);
  if (a.dtype !== 'float32' || b.dtype !== 'float32' || depth !== otherDepth) return undefined;
  if (rows * columns * depth === 0) return undefined;
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== columns)) return undefined;
  const batches = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const output = context.output([...batches, rows, columns]);
  const aOffsets = batchOffsets(a.shape.slice(0, -2), batches, rows * depth);
  const bOffsets = batchOffsets(b.shape.slice(0, -2), batches, depth * columns);
  aOffsets.forEach((aOffset, batch) =>
    gatheredProduct(context, {
      image: context.addressOf(a) + aOffset * BYTES,
      ...{ batch: 1, inHeight: 1, outHeight: 1, inWidth: rows, outWidth: rows, strideY: 1, strideX: 1 },
      taps: [{ dy: 0, dx: 0, weights: 0 }],
      weights: {
        tensor: b,
        address: context.addressOf(b) + bOffsets[batch]! * BYTES,
        depth,
        columns,
        stride: transposeB ? depth : columns,
        transposed: transposeB,
      },
      output: context.addressOf(output) + batch * rows * columns * BYTES,
      outStrides: { image: 0, row: 0, pixel: columns },
      bias: bias === undefined ? undefined : context.addressOf(bias),
      activation,
      leftTransposed: transposeA,
    }),
  );
  return output;
}

function lastDimensions(shape: readonly number[], transposed: boolean): [number, number] {
  const [first, second] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [second, first] : [first, second];
}

/** Where each matrix of a broadcast batch begins, in values. */
function batchOffsets(own: readonly number[], broadcast: readonly number[], matrixSize: number): number[] {
  const strides = broadcast.map((_, axis) => {
    const ownAxis = axis - (broadcast.length - own.length);
    if (ownAxis < 0 || own[ownAxis] === 1) return 0;
    return own.slice(ownAxis + 1).reduce((product, size) => product * size, matrixSize);
  });
  return broadcast.reduce<number[]>(
    (offsets, size, axis) =>
      offsets.flatMap((offset) =>
        Array.from({ length: size }, (_, index) => offset + index * strides[axis]!),
      ),
    [0],
  );
}
