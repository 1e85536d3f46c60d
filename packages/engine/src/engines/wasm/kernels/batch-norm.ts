import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { KernelContext, TensorInfo } from '../kernel-context';
import { KERNEL_NUMBER } from '../kernel-number';
import { floatBits } from '../thread-pool';

import { fusedKernel, type KernelDefinition } from './kernel-definition';
import { rowBlocks } from './row-blocks';

const BYTES = 4;

/** Batch normalisation by the batch's own statistics. */
export const batchNorm = fusedKernel(
  FUSED_KERNELS.batchNorm,
  (context, { x, scale, offset }, { epsilon }) => {
    const { rows, columns, blockRows, blocks } = rowBlocks(x.shape);
    const y = context.output(x.shape);
    const [mean, variance, reserve] = [1, 2, 3].map(() => context.output([columns])) as [
      TensorInfo,
      TensorInfo,
      TensorInfo,
    ];
    const [xAddress, yAddress] = [context.addressOf(x), context.addressOf(y)];
    context.withBuffer((2 * blocks + 2) * columns * BYTES, (buffer) => {
      const slope = buffer + 2 * blocks * columns * BYTES;
      const intercept = slope + columns * BYTES;
      context.pool.run(KERNEL_NUMBER.columnMoments, blocks, [xAddress, buffer, rows, columns, blockRows]);
      context.pool.run(KERNEL_NUMBER.batchMoments, 1, [
        ...[buffer, context.addressOf(mean), context.addressOf(variance), context.addressOf(reserve)],
        ...[slope, intercept, context.addressOf(scale), context.addressOf(offset)],
        ...[rows, columns, blockRows, floatBits(epsilon)],
      ]);
      affine(context, xAddress, yAddress, slope, intercept, x.shape);
    });
    return [y, mean, variance, reserve];
  },
);

/** Its gradient. */
export const batchNormGradient = fusedKernel(
  FUSED_KERNELS.batchNormGrad,
  (context, { dy, x, scale, batchMean, reserve }) => {
    const { rows, columns, blockRows, blocks } = rowBlocks(x.shape);
    const [dx, dScale, dOffset] = [
      context.output(x.shape),
      context.output([columns]),
      context.output([columns]),
    ];
    const mean = context.addressOf(batchMean);
    const [dyAddress, xAddress] = [context.addressOf(dy), context.addressOf(x)];
    context.withBuffer((2 * blocks + 3) * columns * BYTES, (buffer) => {
      const slope = buffer + 2 * blocks * columns * BYTES;
      const curve = slope + columns * BYTES;
      const constant = curve + columns * BYTES;
      context.pool.run(KERNEL_NUMBER.gradientSums, blocks, [
        ...[dyAddress, xAddress, mean, buffer, rows, columns, blockRows],
      ]);
      context.pool.run(KERNEL_NUMBER.gradientCoefficients, 1, [
        ...[buffer, context.addressOf(reserve), context.addressOf(scale)],
        ...[context.addressOf(dScale), context.addressOf(dOffset), slope, curve, constant],
        ...[rows, columns, blocks],
      ]);
      context.pool.run(KERNEL_NUMBER.inputGradient, blocks, [
        ...[dyAddress, xAddress, context.addressOf(dx), mean, slope, curve, constant],
        ...[rows, columns, blockRows],
      ]);
    });
    return [dx, dScale, dOffset];
  },
);

/** Batch normalisation by given statistics, as in inference; parameters of other shapes than [channels] stay tfjs's. */
export const fusedBatchNorm: KernelDefinition = {
  name: 'FusedBatchNorm',
  compute(context, call) {
    const { x, mean, variance } = inputsOf<'x' | 'mean' | 'variance'>(call);
    const { scale, offset } = call.inputs;
    const { varianceEpsilon } = call.attrs as { varianceEpsilon: number };
    const columns = x.shape.at(-1) ?? 1;
    const parameters = [mean, variance, scale, offset].filter((tensor) => tensor !== undefined);
    if (parameters.some(({ shape }) => tf.util.sizeFromShape(shape) !== columns)) return undefined;
    if (parameters.some(({ shape }) => shape.at(-1) !== columns)) return undefined;
    const y = context.output(x.shape);
    const [means, variances] = [context.floatsOf(mean), context.floatsOf(variance)];
    const scales = scale === undefined ? undefined : context.floatsOf(scale);
    const offsets = offset === undefined ? undefined : context.floatsOf(offset);
    context.withBuffer(2 * columns * BYTES, (slope) => {
      const intercept = slope + columns * BYTES;
      const coefficients = context.floatsAt(slope, 2 * columns);
      for (let c = 0; c < columns; c++) {
        const factor = (scales?.[c] ?? 1) / Math.sqrt(variances[c]! + varianceEpsilon);
        coefficients[c] = factor;
        coefficients[columns + c] = (offsets?.[c] ?? 0) - means[c]! * factor;
      }
      affine(context, context.addressOf(x), context.addressOf(y), slope, intercept, x.shape);
    });
    return y;
  },
};

function affine(
  context: KernelContext,
  x: number,
  y: number,
  slope: number,
  intercept: number,
  shape: readonly number[],
): void {
  const { rows, columns, blockRows, blocks } = rowBlocks(shape);
  context.pool.run(KERNEL_NUMBER.affine, blocks, [x, y, slope, intercept, rows, columns, blockRows]);
}
