import type * as tf from '@tensorflow/tfjs-core';

import { inputsOf, type KernelCall } from '../../../kernels/kernel-call';
import { reductionShape } from '../../../kernels/reduction-shape';
import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';
import { isFloats, type WebgpuKernel } from '../webgpu-kernel';

import {
  addUpRowLanes,
  CHANNEL_THREADS,
  channelPasses,
  PASS_FIELDS,
  PASS_START,
  type ChannelPasses,
} from './channel-passes';
import { UniformBlock } from './uniform-block';
import { floats } from './wgsl';

const BYTES = 4;

/** Sums over neighbouring axes that are not the last, such as a bias's gradient; others stay TensorFlow.js'. */
export const sum: WebgpuKernel = {
  name: 'Sum',
  compute: (context, call) => reduce(context, call, () => 1),
};

/** Means over neighbouring axes that are not the last, such as global average pooling; others stay TensorFlow.js'. */
export const mean: WebgpuKernel = {
  name: 'Mean',
  compute: (context, call) => reduce(context, call, (count) => 1 / count),
};

function reduce(
  context: WebgpuContext,
  call: KernelCall,
  factorOf: (count: number) => number,
): tf.TensorInfo | undefined {
  const { x } = inputsOf<'x'>(call);
  const shape = isFloats(x) ? reductionShape(call) : undefined;
  if (shape === undefined) return undefined;
  const { groups, rows, columns, outShape } = shape;
  if (groups > context.limit('maxComputeWorkgroupsPerDimension')) return undefined;
  const result = context.output(outShape);
  if (groups === 1 && context.isBalanced(x, columns)) {
    context.clear(result);
    return result;
  }
  const passes = channelPasses([rows, columns], groups);
  const factor = factorOf(rows);
  if (passes.blocks === 1) {
    addRows(context, passes, { x, sums: result, groups, factor });
    return result;
  }
  const partial = context.scratch(groups * passes.blocks * columns * BYTES);
  addRows(context, passes, { x, sums: partial, groups, factor: 1 });
  // Few rows are left: one block of them.
  const second = { ...channelPasses([passes.blocks, columns], groups), blocks: 1, blockRows: passes.blocks };
  addRows(context, second, { x: partial, sums: result, groups, factor });
  return result;
}

const BLOCK = new UniformBlock({ ...PASS_FIELDS, factor: 'f32' });

/** The sums of each group's blocks of rows, [groups][blocks][channels], times `factor`. */
function addRows(
  context: WebgpuContext,
  passes: ChannelPasses,
  work: { x: tf.TensorInfo | Scratch; sums: tf.TensorInfo | Scratch; groups: number; factor: number },
): void {
  const { rows, width, blocks, blockRows, lanes, strips, vectors } = passes;
  const { x, sums, groups, factor } = work;
  context.dispatch({
    shader: {
      label: 'sum of rows',
      key: `sum of rows ${vectors}`,
      code: () => `alias Value = ${vectors ? 'vec4f' : 'f32'};
${floats(0, 'read', 'x', vectors)}
${floats(1, 'read_write', 'result', vectors)}
${BLOCK.declaration(2)}
var<workgroup> sums: array<Value, ${CHANNEL_THREADS}>;
@compute @workgroup_size(${CHANNEL_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${PASS_START}
  var sum = Value();
  if (isHere) {
    for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
      sum += x[(group.z * sizes.rows + row) * sizes.width + at];
    }
  }
  sums[thread] = sum;
  ${addUpRowLanes('sums[mine] += sums[other];')}
  if (isHere && rowLane == 0u) {
    result[(group.z * sizes.blocks + group.y) * sizes.width + at] = sums[lane] * sizes.factor;
  }
}`,
    },
    bindings: [x, sums],
    uniforms: BLOCK.values({ rows, width, blocks, blockRows, lanes, factor }),
    workgroups: [strips, blocks, groups],
  });
}
