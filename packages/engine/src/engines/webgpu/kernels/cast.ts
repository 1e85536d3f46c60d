import type * as tf from '@tensorflow/tfjs-core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { WebgpuKernel } from '../webgpu-kernel';

import { integersToFloats } from './integers-to-floats';

/**
 * Integers and booleans as floats; other casts stay TensorFlow.js'.
 *
 * TensorFlow.js calls a tensor of integers a tensor of floats and leaves its data integers, which its own shaders look up.
 */
export const cast: WebgpuKernel = {
  name: 'Cast',
  compute(context, call) {
    const { x } = inputsOf<'x'>(call);
    const { dtype } = call.attrs as { dtype: tf.DataType };
    if (dtype !== 'float32' || !['int32', 'bool'].includes(x.dtype) || x.shape.includes(0)) return undefined;
    const result = context.output(x.shape);
    context.dispatch(integersToFloats(context, x, result));
    return result;
  },
};
