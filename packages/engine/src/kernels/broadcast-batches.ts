import * as tf from '@tensorflow/tfjs-core';

import { replaceKernel } from './replace-kernel';

/**
 * A matrix product's kernel that broadcasts batches over any number of axes.
 *
 * TensorFlow.js' own kernels count matrices from the first of a batch: right where a batch has one matrix or as many as the
 * result, and silently wrong, where [2, 1] meets [1, 3]. There the operands are made as large as the result first.
 */
export function withBroadcastBatches(stock: tf.KernelFunc, backendName: string): tf.KernelFunc {
  return (call) => {
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const batches = tf.broadcast_util.assertAndGetBroadcastShape(batchesOf(a), batchesOf(b));
    const made: tf.TensorInfo[] = [];
    const [wholeA, wholeB] = [a, b].map((operand) => {
      const count = tf.util.sizeFromShape(batchesOf(operand));
      if (count === 1 || count === tf.util.sizeFromShape(batches)) return operand;
      const whole = repeat(operand, batches, call.backend, backendName);
      made.push(whole);
      return whole;
    });
    const result = stock({ ...call, inputs: { ...call.inputs, a: wholeA!, b: wholeB! } });
    for (const { dataId } of made)
      (call.backend as Pick<tf.KernelBackend, 'disposeData'>).disposeData(dataId);
    return result;
  };
}

function batchesOf({ shape }: tf.TensorInfo): number[] {
  return shape.slice(0, -2);
}

function repeat(x: tf.TensorInfo, batches: number[], backend: object, backendName: string): tf.TensorInfo {
  const missing = batches.length + 2 - x.shape.length;
  const shape = [...Array.from({ length: missing }, () => 1), ...x.shape];
  const reps = [...batches.map((size, axis) => size / shape[axis]!), 1, 1];
  return tf.getKernel('Tile', backendName).kernelFunc({
    inputs: { x: { ...x, shape } },
    backend,
    attrs: { reps },
  }) as tf.TensorInfo;
}

/** Corrects the matrix products of a backend of TensorFlow.js' own. */
export function fixMatrixProducts(backendName: string): void {
  for (const kernelName of ['BatchMatMul', '_FusedMatMul']) {
    replaceKernel(kernelName, backendName, (stock) => withBroadcastBatches(stock!, backendName));
  }
}
