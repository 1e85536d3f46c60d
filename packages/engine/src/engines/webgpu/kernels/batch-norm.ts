import type * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type FusedKernels } from '@zoo/core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel, isFloats, type WebgpuKernel } from '../webgpu-kernel';

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

/** Storage buffers that the last passes bind. WebGPU promises 8: on a card with no more, averages and the parameters' gradients have a pass of their own. */
const MOST_BINDINGS = 9;

const BLOCK = new UniformBlock({ ...PASS_FIELDS, epsilon: 'f32', momentum: 'f32' });

/**
 * Batch normalisation by the batch's own statistics, in two passes over x.
 *
 * The first takes each block's mean and sum of squared deviations, every thread around its own first value, so that nothing cancels
 * where the mean is large; two of them are combined by Chan's formula (Chan, Golub and LeVeque 1979), pair by pair. The second combines
 * the blocks', each workgroup for its channels, and normalises.
 */
export const batchNorm = fusedKernel(FUSED_KERNELS.batchNorm, (context, inputs, { epsilon }) => {
  const variance = context.output([inputs.x.shape.at(-1)!]);
  const [y, mean, reserve] = normalizeByBatch(context, inputs, { epsilon, momentum: 0 }, { variance });
  return [y, mean, variance, reserve];
});

/** The same, which also moves averages of the statistics. */
export const batchNormMoving = fusedKernel(FUSED_KERNELS.batchNormMoving, (context, inputs, numbers) => {
  const { movingMean, movingVariance } = inputs;
  const outputs = normalizeByBatch(context, inputs, numbers, { movingMean, movingVariance });
  for (const average of [movingMean, movingVariance]) context.wroteInPlace(average);
  return outputs;
});

/** Normalises by the batch: y, mean and reserve. `further` tensors are written too, by their names in the source. */
function normalizeByBatch(
  context: WebgpuContext,
  { x, scale, offset }: FusedKernels['batchNorm']['inputs'],
  numbers: { epsilon: number; momentum: number },
  further: Readonly<Record<string, tf.TensorInfo>>,
): [y: tf.TensorInfo, mean: tf.TensorInfo, reserve: tf.TensorInfo] {
  const passes = channelPasses(x.shape);
  const { channels, blocks } = passes;
  const y = context.output(x.shape);
  const [mean, reserve] = [context.output([channels]), context.output([channels])];
  const moments = context.scratch(2 * blocks * channels * BYTES);
  dispatchPass(context, passes, numbers, {
    label: 'batch norm, moments',
    code: () => momentsSource(passes),
    bindings: [x, moments],
  });
  const isMoving = 'movingMean' in further;
  const isTogether = !isMoving || hasBindings(context);
  const written: Readonly<Record<string, tf.TensorInfo | Scratch>> = isTogether
    ? further
    : { variance: context.scratch(channels * BYTES) };
  dispatchPass(context, passes, numbers, {
    label: `batch norm${isMoving && isTogether ? ', moving averages' : ''}`,
    code: () => normalizeSource(passes, Object.keys(written)),
    bindings: [x, moments, scale, offset, y, mean, reserve, ...Object.values(written)],
  });
  if (!isTogether) {
    dispatchPass(context, passes, numbers, {
      label: 'batch norm, averages alone',
      code: () => averagesSource(passes),
      bindings: [mean, ...Object.values(written), ...Object.values(further)],
    });
  }
  return [y, mean, reserve];
}

const hasBindings = (context: WebgpuContext): boolean =>
  context.limit('maxStorageBuffersPerShaderStage') >= MOST_BINDINGS;

/** Its gradient, in two passes over dy and x: the two sums that it needs, then dx. */
export const batchNormGradient = fusedKernel(
  FUSED_KERNELS.batchNormGrad,
  (context, { dy, x, scale, batchMean, reserve }) => {
    const passes = channelPasses(x.shape);
    const { channels, blocks } = passes;
    const [dx, dScale, dOffset] = [
      context.output(x.shape),
      context.output([channels]),
      context.output([channels]),
    ];
    const sums = context.scratch(2 * blocks * channels * BYTES);
    const pass = (label: string, code: () => string, bindings: readonly (tf.TensorInfo | Scratch)[]): void =>
      dispatchPass(context, passes, { epsilon: 0, momentum: 0 }, { label, code, bindings });
    pass('batch norm gradient, sums', () => gradientSumsSource(passes), [dy, x, batchMean, sums]);
    const read = [dy, x, sums, scale, batchMean, reserve];
    if (hasBindings(context)) {
      const source = (): string => gradientSource(passes, ['dx', 'parameters']);
      pass('batch norm gradient', source, [...read, dx, dScale, dOffset]);
    } else {
      pass('batch norm gradient of x', () => gradientSource(passes, ['dx']), [...read, dx]);
      const source = (): string => gradientSource(passes, ['parameters']);
      pass('batch norm gradient of scale and offset', source, [sums, reserve, dScale, dOffset]);
    }
    return [dx, dScale, dOffset];
  },
);

/** Batch normalisation by given statistics, as in inference; parameters of other shapes than [channels] stay TensorFlow.js'. */
export const fusedBatchNorm: WebgpuKernel = {
  name: 'FusedBatchNorm',
  compute(context, call) {
    const { x, mean, variance } = inputsOf<'x' | 'mean' | 'variance'>(call);
    const { scale, offset } = call.inputs;
    const { varianceEpsilon } = call.attrs as { varianceEpsilon: number };
    const channels = x.shape.at(-1);
    const parameters = [mean, variance, scale, offset].filter((tensor) => tensor !== undefined);
    if (!isFloats(x) || parameters.some(({ shape }) => shape.length !== 1 || shape[0] !== channels)) {
      return undefined;
    }
    const passes = channelPasses(x.shape);
    const y = context.output(x.shape);
    dispatchPass(
      context,
      passes,
      { epsilon: varianceEpsilon, momentum: 0 },
      {
        label: `batch norm by given statistics${scale === undefined ? '' : ', scaled'}${offset === undefined ? '' : ', offset'}`,
        code: () => givenStatisticsSource(passes, scale !== undefined, offset !== undefined),
        bindings: [x, ...parameters, y],
      },
    );
    return y;
  },
};

function dispatchPass(
  context: WebgpuContext,
  passes: ChannelPasses,
  numbers: { epsilon: number; momentum: number },
  pass: { label: string; code: () => string; bindings: readonly (tf.TensorInfo | Scratch)[] },
): void {
  const { label, code, bindings } = pass;
  const { rows, width, blocks, blockRows, lanes, strips, vectors } = passes;
  context.dispatch({
    shader: { label, key: `${label} ${vectors}`, code },
    bindings,
    uniforms: BLOCK.values({ rows, width, blocks, blockRows, lanes, ...numbers }),
    workgroups: [strips, blocks, 1],
  });
}

/** A pass's source: bindings as named, read but for the last `writes`; shared memory; the body of `main`. */
function passSource(
  vectors: boolean,
  bindings: readonly string[],
  writes: number,
  shared: readonly string[],
  body: string,
): string {
  const type = vectors ? 'vec4f' : 'f32';
  return `alias Value = ${type};
${bindings
  .map((name, index) =>
    floats(index, index < bindings.length - writes ? 'read' : 'read_write', name, vectors),
  )
  .join('\n')}
${BLOCK.declaration(bindings.length)}
${shared.map((name) => `var<workgroup> ${name}: array<Value, ${CHANNEL_THREADS}>;`).join('\n')}
var<workgroup> counts: array<f32, ${CHANNEL_THREADS}>;
@compute @workgroup_size(${CHANNEL_THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${PASS_START}
  ${body}
}`;
}

/** Chan's formula for two parts of which the second may be empty. */
const COMBINE_MOMENTS = `
      let count = counts[mine] + counts[other];
      if (counts[other] > 0.0) {
        let delta = means[other] - means[mine];
        let share = counts[other] / count;
        squares[mine] += squares[other] + delta * delta * (counts[mine] * share);
        means[mine] += delta * share;
        counts[mine] = count;
      }`;

function momentsSource(passes: ChannelPasses): string {
  return passSource(
    passes.vectors,
    ['x', 'moments'],
    1,
    ['means', 'squares'],
    `
  var sum = Value();
  var square = Value();
  var count = 0.0;
  if (isHere && firstRow + rowLane < endRow) {
    let origin = x[(firstRow + rowLane) * sizes.width + at];
    for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
      let value = x[row * sizes.width + at] - origin;
      sum += value;
      square += value * value;
      count += 1.0;
    }
    means[thread] = origin + sum / count;
    square -= sum * sum / count;
  }
  squares[thread] = max(square, Value());
  counts[thread] = count;
  ${addUpRowLanes(COMBINE_MOMENTS)}
  if (isHere && rowLane == 0u) {
    moments[group.y * sizes.width + at] = means[lane];
    moments[(sizes.blocks + group.y) * sizes.width + at] = squares[lane];
  }`,
  );
}

function normalizeSource(passes: ChannelPasses, further: readonly string[]): string {
  return passSource(
    passes.vectors,
    ['x', 'moments', 'scale', 'offset', 'y', 'mean', 'reserve', ...further],
    3 + further.length,
    ['means', 'squares'],
    `
  counts[thread] = 0.0;
  if (isHere) {
    var total = 0.0;
    var centre = Value();
    var square = Value();
    for (var block = rowLane; block < sizes.blocks; block += rowLanes) {
      let count = f32(min(sizes.rows, (block + 1u) * sizes.blockRows) - block * sizes.blockRows);
      let delta = moments[block * sizes.width + at] - centre;
      let share = count / (total + count);
      square += moments[(sizes.blocks + block) * sizes.width + at] + delta * delta * (total * share);
      centre += delta * share;
      total += count;
    }
    means[thread] = centre;
    squares[thread] = square;
    counts[thread] = total;
  }
  ${addUpRowLanes(COMBINE_MOMENTS)}
  if (!isHere) { return; }
  let centre = means[lane];
  let spread = squares[lane] / f32(sizes.rows);
  let root = Value(1.0) / sqrt(spread + sizes.epsilon);
  if (group.y == 0u && rowLane == 0u) {
    mean[at] = centre;
    reserve[at] = root;
    ${further.includes('variance') ? 'variance[at] = spread;' : ''}
    ${further.includes('movingMean') ? MOVE_AVERAGES : ''}
  }
  let slope = root * scale[at];
  let intercept = offset[at];
  for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
    let index = row * sizes.width + at;
    y[index] = fma(x[index] - centre, slope, intercept);
  }`,
  );
}

/** From `centre` and `spread`, the variance that normalises: what moves is the unbiased one. */
const MOVE_AVERAGES = `
    let unbiased = spread * (f32(sizes.rows) / f32(max(sizes.rows - 1u, 1u)));
    movingMean[at] += (1.0 - sizes.momentum) * (centre - movingMean[at]);
    movingVariance[at] += (1.0 - sizes.momentum) * (unbiased - movingVariance[at]);`;

function averagesSource(passes: ChannelPasses): string {
  return passSource(
    passes.vectors,
    ['mean', 'variance', 'movingMean', 'movingVariance'],
    2,
    [],
    `
  if (isHere && group.y == 0u && rowLane == 0u) {
    let centre = mean[at];
    let spread = variance[at];
    ${MOVE_AVERAGES}
  }`,
  );
}

function gradientSumsSource(passes: ChannelPasses): string {
  return passSource(
    passes.vectors,
    ['dy', 'x', 'mean', 'partial'],
    1,
    ['sums', 'products'],
    `
  var sum = Value();
  var product = Value();
  if (isHere) {
    let centre = mean[at];
    for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
      let index = row * sizes.width + at;
      let gradient = dy[index];
      sum += gradient;
      product = fma(gradient, x[index] - centre, product);
    }
  }
  sums[thread] = sum;
  products[thread] = product;
  ${addUpRowLanes(COMBINE_SUMS)}
  if (isHere && rowLane == 0u) {
    partial[group.y * sizes.width + at] = sums[lane];
    partial[(sizes.blocks + group.y) * sizes.width + at] = products[lane];
  }`,
  );
}

const COMBINE_SUMS = 'sums[mine] += sums[other]; products[mine] += products[other];';

/** The last pass of the gradient, or one of the two into which it is cut. */
function gradientSource(passes: ChannelPasses, makes: readonly ('dx' | 'parameters')[]): string {
  const [makesInput, makesParameters] = [makes.includes('dx'), makes.includes('parameters')];
  const read = makesInput ? ['dy', 'x', 'partial', 'scale', 'mean', 'reserve'] : ['partial', 'reserve'];
  const written = [...(makesInput ? ['dx'] : []), ...(makesParameters ? ['dScale', 'dOffset'] : [])];
  return passSource(
    passes.vectors,
    [...read, ...written],
    written.length,
    ['sums', 'products'],
    `
  var sum = Value();
  var product = Value();
  if (isHere) {
    for (var block = rowLane; block < sizes.blocks; block += rowLanes) {
      sum += partial[block * sizes.width + at];
      product += partial[(sizes.blocks + block) * sizes.width + at];
    }
  }
  sums[thread] = sum;
  products[thread] = product;
  ${addUpRowLanes(COMBINE_SUMS)}
  if (!isHere) { return; }
  let root = reserve[at];
  ${makesParameters ? PARAMETER_GRADIENTS : ''}
  ${makesInput ? INPUT_GRADIENT : ''}`,
  );
}

const PARAMETER_GRADIENTS = `
  if (group.y == 0u && rowLane == 0u) {
    dOffset[at] = sums[lane];
    dScale[at] = products[lane] * root;
  }`;

const INPUT_GRADIENT = `
  let count = f32(sizes.rows);
  let slope = scale[at] * root;
  let curve = products[lane] * root * root / count;
  let shift = sums[lane] / count;
  let centre = mean[at];
  for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
    let index = row * sizes.width + at;
    dx[index] = slope * (dy[index] - shift - (x[index] - centre) * curve);
  }`;

function givenStatisticsSource(passes: ChannelPasses, isScaled: boolean, isOffset: boolean): string {
  return passSource(
    passes.vectors,
    ['x', 'mean', 'variance', ...(isScaled ? ['scale'] : []), ...(isOffset ? ['offset'] : []), 'y'],
    1,
    [],
    `
  if (!isHere) { return; }
  let slope = ${isScaled ? 'scale[at]' : 'Value(1.0)'} / sqrt(variance[at] + sizes.epsilon);
  let centre = mean[at];
  for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
    let index = row * sizes.width + at;
    y[index] = fma(x[index] - centre, slope, ${isOffset ? 'offset[at]' : 'Value()'});
  }`,
  );
}
