import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import type { ProductActivation } from '../../../kernels/fused-activation';
import { inputsOf } from '../../../kernels/kernel-call';
import type { DeferredPass } from '../deferred-tensors';
import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel, isFloats, type WebgpuKernel } from '../webgpu-kernel';

import { epilogueBindings, epilogueLabel, storeAfter, type Epilogue } from './epilogue';
import { UniformBlock } from './uniform-block';
import { floats, spread } from './wgsl';

const THREADS = 256;
const BLOCK = new UniformBlock({ quads: 'u32', across: 'u32' });

/** The sum of two tensors of one shape, as in a residual block; broadcasting stays TensorFlow.js'. */
export const add: WebgpuKernel = {
  name: 'Add',
  compute(context, call) {
    const { a, b } = inputsOf<'a' | 'b'>(call);
    if (!isFloats(a) || !isFloats(b) || !tf.util.arraysEqual(a.shape, b.shape)) return undefined;
    return (
      context.follow(a, { addend: b }) ?? context.follow(b, { addend: a }) ?? alone(context, a, { addend: b })
    );
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
      return isFloats(x) ? after(context, x, { activation: kind }) : undefined;
    },
  };
}

/** The gradient of ReLU from its output. */
export const reluGradient = fusedKernel(FUSED_KERNELS.reluGrad, (context, { dy, y }) =>
  after(context, dy, { mask: y }),
);

/** What comes of `x` by an epilogue: in the pass that `x` waits for where it has room, else in one of its own. */
function after(context: WebgpuContext, x: tf.TensorInfo, epilogue: Epilogue): tf.TensorInfo {
  return context.follow(x, epilogue) ?? alone(context, x, epilogue);
}

/** The same in a pass of its own, which waits for what may follow. */
function alone(context: WebgpuContext, x: tf.TensorInfo, epilogue: Epilogue): tf.TensorInfo {
  const run: DeferredPass['run'] = (result, whole) => dispatchEpilogue(context, x, result, whole);
  return context.defer(x.shape, { sources: [x], values: x, takesMask: true, run }, epilogue);
}

/** Four values a thread. */
function dispatchEpilogue(
  context: WebgpuContext,
  values: tf.TensorInfo,
  result: tf.TensorInfo,
  epilogue: Epilogue,
): void {
  // Buffers are whole quads long: nothing reads what is computed beyond the last value.
  const quads = Math.ceil(tf.util.sizeFromShape(result.shape) / 4);
  const { across, down } = spread(context, Math.ceil(quads / THREADS));
  const reads = { values, ...epilogueBindings(epilogue) };
  const names = Object.keys(reads);
  const label = epilogueLabel(epilogue);
  context.dispatch({
    shader: {
      label,
      key: label,
      code: () => `
${names.map((name, index) => floats(index, 'read', name, true)).join('\n')}
${floats(names.length, 'read_write', 'result', true)}
${BLOCK.declaration(names.length + 1)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = (group.x + group.y * sizes.across) * ${THREADS}u + thread;
  if (at >= sizes.quads) { return; }
  ${storeAfter(epilogue, 'values[at]', 'vec4f')}
}`,
    },
    bindings: [...Object.values(reads), result],
    uniforms: BLOCK.values({ quads, across }),
    workgroups: [across, down, 1],
  });
}
