import * as tf from '@tensorflow/tfjs-core';

import type { Dispatch, Scratch } from '../dispatch';

import { UniformBlock } from './uniform-block';
import { floats, spread, type WorkgroupLimit } from './wgsl';

const THREADS = 256;
const BLOCK = new UniformBlock({ count: 'u32', across: 'u32' });

/** The run of a shader that writes a tensor of integers as floats. */
export function integersToFloats(
  device: WorkgroupLimit,
  integers: tf.TensorInfo,
  result: tf.TensorInfo | Scratch,
): Dispatch {
  const count = tf.util.sizeFromShape(integers.shape);
  const { across, down } = spread(device, Math.ceil(count / THREADS));
  return {
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
    // With its own type, because the context would convert it to floats first.
    bindings: [{ dataId: integers.dataId, shape: integers.shape, dtype: 'int32' }, result],
    uniforms: BLOCK.values({ count, across }),
    workgroups: [across, down, 1],
  };
}
