import * as tf from '@tensorflow/tfjs-core';

import type { KernelContext, TensorInfo } from '../kernel-context';

/** Runs a kernel of the wasm backend. */
export type Run = (name: string, inputs: Record<string, TensorInfo>, attrs?: object) => TensorInfo;

/** What `compose` returns of the kernels that it runs; the results of all others are freed. */
export function composing(context: KernelContext, compose: (run: Run) => TensorInfo): TensorInfo {
  const made: TensorInfo[] = [];
  let result: TensorInfo | undefined;
  try {
    result = compose((name, inputs, attrs = {}) => {
      const { kernelFunc } = tf.getKernel(name, 'wasm');
      const output = kernelFunc({ inputs, backend: context.backend, attrs: attrs as tf.NamedAttrMap });
      made.push(output as TensorInfo);
      return output as TensorInfo;
    });
    return result;
  } finally {
    for (const tensor of made) if (tensor !== result) context.backend.disposeData(tensor.dataId);
  }
}
