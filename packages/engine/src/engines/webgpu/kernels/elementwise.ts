import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import type { ProductActivation } from '../../../kernels/fused-activation';
import { inputsOf } from '../../../kernels/kernel-call';
import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel, isFloats, type WebgpuKernel } from '../webgpu-kernel';

import { UniformBlock } from './uniform-block';
import { activated, floats, spread } from './wgsl';

const THREADS = 256;
const BLOCK = new UniformBlock({ quads: 'u32', across: 'u32' });

/** The sum of two tensors of one shape, as in a residual block; broadcasting stays TensorFlow.js'. */
export const add: WebgpuKernel = {
  name: 'Add',
  compute(context, call) {
    const { a, b } = inputsOf<'a' | 'b'>(call);
    if (!isFloats(a) || !isFloats(b) || !tf.util.arraysEqual(a.shape, b.shape)) return undefined;
    return elementwise(context, 'add', [a, b], 'v0[at] + v1[at]');
  },
};

/** max(x, 0); NaN stays NaN. */
export const relu: WebgpuKernel = activation('Relu', 'relu');

/** max(x, 0), at most 6; NaN stays NaN. */
export const relu6: WebgpuKernel = activation('Relu6', 'relu6');

function activation(name: string, kind: ProductActivation): WebgpuKernel {
  return {
    name,
    compute(context, call) {
      const { x } = inputsOf<'x'>(call);
      if (!isFloats(x)) return undefined;
      return elementwise(context, kind, [x], activated(kind, 'v0[at]', 'vec4f'));
    },
  };
}

/** The gradient of ReLU from its output. */
export const reluGradient = fusedKernel(FUSED_KERNELS.reluGrad, (context, { dy, y }) => {
  return elementwise(context, 'relu gradient', [dy, y], 'select(vec4f(), v0[at], v1[at] > vec4f())');
});

/** A tensor of the inputs' shape, four values a thread: `expression` in `v0[at]`, `v1[at]`, ... */
function elementwise(
  context: WebgpuContext,
  label: string,
  inputs: readonly tf.TensorInfo[],
  expression: string,
): tf.TensorInfo {
  const { shape } = inputs[0]!;
  const result = context.output(shape);
  // Buffers are whole quads long: what is computed beyond the last value is nobody's.
  const quads = Math.ceil(tf.util.sizeFromShape(shape) / 4);
  const { across, down } = spread(context, Math.ceil(quads / THREADS));
  context.dispatch({
    shader: {
      label,
      key: label,
      code: () => `
${inputs.map((_, index) => floats(index, 'read', `v${index}`, true)).join('\n')}
${floats(inputs.length, 'read_write', 'result', true)}
${BLOCK.declaration(inputs.length + 1)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = (group.x + group.y * sizes.across) * ${THREADS}u + thread;
  if (at < sizes.quads) { result[at] = ${expression}; }
}`,
    },
    bindings: [...inputs, result],
    uniforms: BLOCK.values({ quads, across }),
    workgroups: [across, down, 1],
  });
  return result;
}
