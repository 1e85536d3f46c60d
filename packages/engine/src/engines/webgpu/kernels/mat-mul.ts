import * as tf from '@tensorflow/tfjs-core';

import { withActivation } from '../../../kernels/fused-activation';
import { inputsOf, type KernelCall } from '../../../kernels/kernel-call';
import type { WebgpuContext } from '../webgpu-context';
import { isFloats, type WebgpuKernel } from '../webgpu-kernel';

import type { Epilogue } from './product';
import { matrix } from './product-operands';
import { runProduct } from './run-product';

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Matrix products in batches. */
export const batchMatMul: WebgpuKernel = {
  name: 'BatchMatMul',
  compute: (context, call) => matMul(context, call, {}),
};

/** The same with bias and activation. */
export const fusedMatMul: WebgpuKernel = {
  name: '_FusedMatMul',
  compute: (context, call) => {
    const { bias } = call.inputs;
    return withActivation(context, call, (activation) => matMul(context, call, { bias, activation }));
  },
};

function matMul(context: WebgpuContext, call: KernelCall, epilogue: Epilogue): tf.TensorInfo | undefined {
  const { a, b } = inputsOf<'a' | 'b'>(call);
  const { transposeA, transposeB } = call.attrs as MatMulAttributes;
  const [rows, depth] = lastDimensions(a.shape, transposeA);
  const [otherDepth, columns] = lastDimensions(b.shape, transposeB);
  if (!isFloats(a) || !isFloats(b) || depth !== otherDepth) return undefined;
  const { bias } = epilogue;
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== columns)) return undefined;
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const batches = tf.util.sizeFromShape(batchShape);
  const [aBatches, bBatches] = [tf.util.sizeFromShape(aBatch), tf.util.sizeFromShape(bBatch)];
  // A batch of several axes of which one is broadcast: the caller makes the operands as large first.
  if (![1, batches].includes(aBatches) || ![1, batches].includes(bBatches)) return undefined;
  const result = context.output([...batchShape, rows, columns]);
  const [aLine, bLine] = [a.shape.at(-1)!, b.shape.at(-1)!];
  const [aVectors, bVectors] = [aLine % 4 === 0, bLine % 4 === 0];
  runProduct(context, {
    kind: 'matMul',
    variant: `${transposeA} ${transposeB}`,
    size: { rows, columns, depth, batches },
    left: { tensor: a, vectors: aVectors },
    right: { tensor: b, vectors: bVectors },
    result,
    epilogue,
    operands: (tile) => ({
      left: matrix({ name: 'left', vectors: aVectors, tile }, transposeA ? 'depthFirst' : 'depthLast', {
        ...{ rows: 'rows', line: 'leftLine', start: 'batch * leftMatrix' },
      }),
      right: matrix({ name: 'right', vectors: bVectors, tile }, transposeB ? 'depthLast' : 'depthFirst', {
        ...{ rows: 'columns', line: 'rightLine', start: 'batch * rightMatrix' },
      }),
    }),
    fields: { leftLine: 'u32', rightLine: 'u32', leftMatrix: 'u32', rightMatrix: 'u32' },
    values: {
      ...{ leftLine: aLine, leftMatrix: aBatches === 1 ? 0 : rows * depth },
      ...{ rightLine: bLine, rightMatrix: bBatches === 1 ? 0 : depth * columns },
    },
  });
  return result;
}

function lastDimensions(shape: readonly number[], transposed: boolean): [number, number] {
  const [first, second] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [second, first] : [first, second];
}
