import * as tf from '@tensorflow/tfjs-core';

import type { Scratch, WebgpuContext } from '../webgpu-context';
import { inputsOf, type WebgpuKernel } from '../webgpu-kernel';

import { UniformBlock } from './uniform-block';
import { floats, spread } from './wgsl';

const THREADS = 256;
const BLOCK = new UniformBlock({ count: 'u32', across: 'u32' });

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
    integersToFloats(context, x, result);
    return result;
  },
};

/** Writes a tensor of integers as floats. */
export function integersToFloats(
  context: WebgpuContext,
  integers: tf.TensorInfo,
  result: tf.TensorInfo | Scratch,
): void {
  const count = tf.util.sizeFromShape(integers.shape);
  const { across, down } = spread(context, Math.ceil(count / THREADS));
  context.dispatch({
    shader: {
      label: 'integers to floats',
      key: 'integers to floats',
      code: () => `
@group(0) @binding(0) var<storage, read> integers: array<i32>;
${floats(1, 'read_write', 'result', false)}
${BLOCK.declaration(2)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = (group.x + group.y * sizes.across) * ${THREADS}u + thread;
  if (at < sizes.count) { result[at] = f32(integers[at]); }
}`,
    },
    // As what it is, lest the context make floats of it first.
    bindings: [{ dataId: integers.dataId, shape: integers.shape, dtype: 'int32' }, result],
    uniforms: BLOCK.values({ count, across }),
    workgroups: [across, down, 1],
  });
}
