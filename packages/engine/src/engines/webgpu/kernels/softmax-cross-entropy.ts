import { FUSED_KERNELS } from '@zoo/core';

import { fusedKernel } from '../webgpu-kernel';

import { UniformBlock } from './uniform-block';
import { floats, spread } from './wgsl';

const THREADS = 128;
const BLOCK = new UniformBlock({ examples: 'u32', classes: 'u32', across: 'u32' });

/** Softmax cross-entropy with its gradient: a workgroup an example, stable for logits of any size. */
export const softmaxCrossEntropy = fusedKernel(
  FUSED_KERNELS.softmaxCrossEntropy,
  (context, { logits, labels }) => {
    const [examples, classes] = logits.shape as [number, number];
    const [loss, gradient] = [context.output([examples]), context.output([examples, classes])];
    const { across, down } = spread(context, examples);
    context.dispatch({
      shader: { label: 'softmax cross-entropy', key: 'softmax cross-entropy', code: source },
      bindings: [logits, labels, loss, gradient],
      uniforms: BLOCK.values({ examples, classes, across }),
      workgroups: [across, down, 1],
    });
    return [loss, gradient];
  },
);

function source(): string {
  return `
${floats(0, 'read', 'logits', false)}
${floats(1, 'read', 'labels', false)}
${floats(2, 'read_write', 'loss', false)}
${floats(3, 'read_write', 'gradient', false)}
${BLOCK.declaration(4)}
var<workgroup> values: array<f32, ${THREADS}>;

/** The sum, or the largest, of what the threads have. */
fn total(thread: u32, value: f32, isLargest: bool) -> f32 {
  values[thread] = value;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    if (thread < half) {
      let other = values[thread + half];
      values[thread] = select(values[thread] + other, max(values[thread], other), isLargest);
    }
    workgroupBarrier();
  }
  let result = values[0];
  workgroupBarrier();
  return result;
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let example = group.x + group.y * sizes.across;
  if (example >= sizes.examples) { return; }
  let start = example * sizes.classes;
  var largest = -3.4028234e38;
  for (var k = thread; k < sizes.classes; k += ${THREADS}u) { largest = max(largest, logits[start + k]); }
  largest = total(thread, largest, true);
  var sum = 0.0;
  for (var k = thread; k < sizes.classes; k += ${THREADS}u) { sum += exp(logits[start + k] - largest); }
  let logSum = log(total(thread, sum, false));
  var crossEntropy = 0.0;
  for (var k = thread; k < sizes.classes; k += ${THREADS}u) {
    let logProbability = logits[start + k] - largest - logSum;
    let label = labels[start + k];
    if (label != 0.0) { crossEntropy -= label * logProbability; }
    gradient[start + k] = exp(logProbability) - label;
  }
  crossEntropy = total(thread, crossEntropy, false);
  if (thread == 0u) { loss[example] = crossEntropy; }
}`;
}
