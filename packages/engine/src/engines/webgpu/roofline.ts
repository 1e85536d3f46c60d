import type * as tf from '@tensorflow/tfjs-core';

import type { Shader } from './dispatch';
import { profileKernels } from './kernel-profile';
import { runningContext } from './running-engine';
import type { WebgpuContext } from './webgpu-context';

/** The highest rates that a card reaches. */
export interface Roofline {
  /** Float32 operations a second, 2 for a multiply-add, of a shader that does nothing else. */
  readonly flopsASecond: number;
  /** Bytes a second, read and written together, of a shader that copies. */
  readonly bytesASecond: number;
}

const THREADS = 256;
const ACCUMULATORS = 8;
const VECTOR = 4;
const BYTES_A_VALUE = 4;

/** Chains of multiply-adds that do not wait for each other, as many as hide their latency. */
function multiplyAdds(rounds: number): Shader {
  const accumulators = Array.from({ length: ACCUMULATORS }, (_, index) => `a${index}`);
  return {
    label: 'roofline multiply-adds',
    key: `roofline multiply-adds ${rounds}`,
    code: () => `
@group(0) @binding(0) var<storage, read_write> result: array<vec4f>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = vec4f(0.999, 0.998, 0.997, 0.996);
  ${accumulators.map((name, index) => `var ${name} = vec4f(f32(id.x & 15u) + ${index}.0);`).join('\n  ')}
  for (var round = 0u; round < ${rounds}u; round++) {
    ${accumulators.map((name) => `${name} = fma(${name}, factor, factor);`).join('\n    ')}
  }
  result[id.x] = ${accumulators.join(' + ')};
}`,
  };
}

const COPY: Shader = {
  label: 'roofline copy',
  key: 'roofline copy',
  code: () => `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = id.y * groups.x * ${THREADS}u + id.x;
  result[at] = source[at];
}`,
};

/** Sizes of the measurement; a processor that plays the card gets small ones. */
interface RooflineSize {
  readonly workgroups: number;
  readonly rounds: number;
  readonly copyBytes: number;
}

const ON_A_CARD: RooflineSize = { workgroups: 1 << 14, rounds: 512, copyBytes: 1 << 28 };
const IN_SOFTWARE: RooflineSize = { workgroups: 1 << 4, rounds: 64, copyBytes: 1 << 20 };
const REPETITIONS = 5;

/** Measures the highest rates of the running card; undefined without timestamp queries or if webgpu does not run on a card. */
export async function measureRoofline({ isSmall = false } = {}): Promise<Roofline | undefined> {
  const context = runningContext();
  if (context?.hasFeature('timestamp-query') !== true) return undefined;
  const { workgroups, rounds, copyBytes } = isSmall ? IN_SOFTWARE : ON_A_CARD;
  const threads = workgroups * THREADS;
  const flops = threads * rounds * ACCUMULATORS * VECTOR * 2;
  const computing = await fastestMs(context, [[threads, VECTOR]], (tensors) =>
    context.dispatch({ shader: multiplyAdds(rounds), bindings: tensors, workgroups: [workgroups, 1, 1] }),
  );
  const count = copyBytes / (VECTOR * BYTES_A_VALUE);
  const groups = count / THREADS;
  const shape = [count, VECTOR];
  const copying = await fastestMs(context, [shape, shape], (tensors) =>
    context.dispatch({
      shader: COPY,
      bindings: tensors,
      workgroups: [Math.min(groups, 1 << 12), Math.max(1, groups >> 12), 1],
    }),
  );
  return { flopsASecond: (1000 * flops) / computing, bytesASecond: (2000 * copyBytes) / copying };
}

async function fastestMs(
  context: WebgpuContext,
  shapes: readonly (readonly number[])[],
  run: (tensors: tf.TensorInfo[]) => void,
): Promise<number> {
  const tensors = shapes.map((shape) => context.backend.makeTensorInfo([...shape], 'float32'));
  let fastest = Infinity;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const { kernels } = await profileKernels(() => context.calling(() => run(tensors)));
    fastest = Math.min(fastest, kernels[0]?.milliseconds ?? Infinity);
  }
  for (const { dataId } of tensors) context.backend.disposeData(dataId);
  return fastest;
}
