import type * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type FusedKernels } from '@zoo/core';

import { inputsOf } from '../../../kernels/kernel-call';
import type { DeferredPass } from '../deferred-tensors';
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
import { epilogueBindings, epilogueLabel, storeAfter, type Epilogue } from './epilogue';
import { UniformBlock } from './uniform-block';
import { floats } from './wgsl';

const BYTES = 4;

const BLOCK = new UniformBlock({ ...PASS_FIELDS, epsilon: 'f32', momentum: 'f32' });

/**
 * Batch normalisation by the batch's own statistics, in two passes over x.
 *
 * The first takes each block's mean and sum of squared deviations, every thread around its own first value, so that nothing cancels
 * where the mean is large; two of them are combined by Chan's formula (Chan, Golub and LeVeque 1979), pair by pair. The second combines
 * the blocks', each workgroup for its channels, and normalises; it waits for the sum and the ReLU that may follow.
 *
 * The first pass also copies the parameters behind its moments: WebGPU promises 8 storage buffers, of which the second has no room for them.
 */
export const batchNorm = fusedKernel(FUSED_KERNELS.batchNorm, (context, inputs, { epsilon }) => {
  const variance = context.output([inputs.x.shape.at(-1)!]);
  const [y, mean, reserve] = normalizeByBatch(context, inputs, { epsilon, momentum: 0 }, { variance });
  return [y, mean, variance, reserve];
});

/** The same, which also moves averages of the statistics. */
export const batchNormMoving = fusedKernel(FUSED_KERNELS.batchNormMoving, (context, inputs, numbers) => {
  const { movingMean, movingVariance } = inputs;
  return normalizeByBatch(context, inputs, numbers, { movingMean, movingVariance });
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
  const [mean, reserve] = [context.output([channels]), context.output([channels])];
  const moments = context.scratch(2 * (blocks + 1) * channels * BYTES);
  dispatchPass(context, passes, numbers, {
    label: 'batch norm, moments',
    code: () => momentsSource(passes),
    bindings: [x, scale, offset, moments],
  });
  const statistics = { mean, reserve, ...further };
  let written: Readonly<Record<string, tf.TensorInfo>> = statistics;
  const run: DeferredPass['run'] = (result, epilogue) => {
    const reads = epilogueBindings(epilogue);
    dispatchPass(context, passes, numbers, {
      label: ['batch norm', 'movingMean' in written && 'moving averages', epilogueLabel(epilogue)]
        .filter(Boolean)
        .join(', '),
      variant: Object.keys(written).join(),
      code: () => normalizeSource(passes, epilogue, Object.keys(written)),
      bindings: [x, moments, ...Object.values(reads), result, ...Object.values(written)],
    });
    for (const tensor of Object.values(written)) context.wroteInPlace(tensor);
    written = {};
  };
  const beside = Object.values(statistics);
  const y = context.defer(x.shape, { sources: [x], scratch: moments, beside, takesMask: false, run });
  return [y, mean, reserve];
}

/** Its gradient, in two passes over dy and x: the two sums that it needs, then dx. A ReLU's gradient that dy waits for is taken in both. */
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
    // The sums, and behind them the parameters that the second pass has no bindings for.
    const sums = context.scratch((2 * blocks + 3) * channels * BYTES);
    const masked = context.deferred.takeMasked(dy);
    const gradient = masked === undefined ? [dy] : [masked.values, masked.mask];
    const isMasked = masked !== undefined;
    const pass = (name: string, code: () => string, bindings: readonly (tf.TensorInfo | Scratch)[]): void => {
      const label = `batch norm gradient${name}${isMasked ? ', relu gradient' : ''}`;
      dispatchPass(context, passes, { epsilon: 0, momentum: 0 }, { label, code, bindings });
    };
    pass(', sums', () => gradientSumsSource(passes, isMasked), [
      ...gradient,
      ...[x, batchMean, reserve, scale, sums],
    ]);
    pass('', () => gradientSource(passes, isMasked), [...gradient, x, sums, dx, dScale, dOffset]);
    context.markBalanced(dx);
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
    const isScaled = scale !== undefined;
    const isOffset = offset !== undefined;
    const run: DeferredPass['run'] = (result, epilogue) => {
      dispatchPass(
        context,
        passes,
        { epsilon: varianceEpsilon, momentum: 0 },
        {
          label: [
            'batch norm by given statistics',
            isScaled && 'scaled',
            isOffset && 'offset',
            epilogueLabel(epilogue),
          ]
            .filter(Boolean)
            .join(', '),
          code: () => givenStatisticsSource(passes, epilogue, isScaled, isOffset),
          bindings: [x, ...parameters, ...Object.values(epilogueBindings(epilogue)), result],
        },
      );
    };
    return context.defer(x.shape, { sources: [x, ...parameters], takesMask: true, run });
  },
};

function dispatchPass(
  context: WebgpuContext,
  passes: ChannelPasses,
  numbers: { epsilon: number; momentum: number },
  pass: {
    label: string;
    /** Tells apart sources of one label. */
    variant?: string;
    code: () => string;
    bindings: readonly (tf.TensorInfo | Scratch)[];
  },
): void {
  const { label, variant = '', code, bindings } = pass;
  const { rows, width, blocks, blockRows, lanes, strips, vectors } = passes;
  context.dispatch({
    shader: { label, key: `${label} ${variant} ${vectors}`, code },
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
  return `alias Value = ${valueType(vectors)};
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

const valueType = (vectors: boolean): 'f32' | 'vec4f' => (vectors ? 'vec4f' : 'f32');

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
    ['x', 'scale', 'offset', 'moments'],
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
    if (group.y == 0u) {
      moments[2u * sizes.blocks * sizes.width + at] = scale[at];
      moments[(2u * sizes.blocks + 1u) * sizes.width + at] = offset[at];
    }
  }`,
  );
}

function normalizeSource(passes: ChannelPasses, epilogue: Epilogue, written: readonly string[]): string {
  const reads = Object.keys(epilogueBindings(epilogue));
  return passSource(
    passes.vectors,
    ['x', 'moments', ...reads, 'result', ...written],
    1 + written.length,
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
    ${written.includes('mean') ? 'mean[at] = centre; reserve[at] = root;' : ''}
    ${written.includes('variance') ? 'variance[at] = spread;' : ''}
    ${written.includes('movingMean') ? MOVE_AVERAGES : ''}
  }
  let channel = at;
  let slope = root * moments[2u * sizes.blocks * sizes.width + channel];
  let intercept = moments[(2u * sizes.blocks + 1u) * sizes.width + channel];
  for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
    let at = row * sizes.width + channel;
    ${storeAfter(epilogue, 'fma(x[at] - centre, slope, intercept)', valueType(passes.vectors))}
  }`,
  );
}

/** From `centre` and `spread`, the variance that normalises: what moves is the unbiased one. */
const MOVE_AVERAGES = `
    let unbiased = spread * (f32(sizes.rows) / f32(max(sizes.rows - 1u, 1u)));
    movingMean[at] += (1.0 - sizes.momentum) * (centre - movingMean[at]);
    movingVariance[at] += (1.0 - sizes.momentum) * (unbiased - movingVariance[at]);`;

/** dy at `index`, by the gradient of ReLU where there is one. */
const gradientAt = (isMasked: boolean): string =>
  isMasked ? 'select(Value(), dy[index], mask[index] > Value())' : 'dy[index]';

const gradientNames = (isMasked: boolean): readonly string[] => (isMasked ? ['dy', 'mask'] : ['dy']);

function gradientSumsSource(passes: ChannelPasses, isMasked: boolean): string {
  return passSource(
    passes.vectors,
    [...gradientNames(isMasked), 'x', 'mean', 'reserve', 'scale', 'partial'],
    1,
    ['sums', 'products'],
    `
  var sum = Value();
  var product = Value();
  if (isHere) {
    let centre = mean[at];
    for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
      let index = row * sizes.width + at;
      let gradient = ${gradientAt(isMasked)};
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
    if (group.y == 0u) {
      partial[2u * sizes.blocks * sizes.width + at] = mean[at];
      partial[(2u * sizes.blocks + 1u) * sizes.width + at] = reserve[at];
      partial[(2u * sizes.blocks + 2u) * sizes.width + at] = scale[at];
    }
  }`,
  );
}

const COMBINE_SUMS = 'sums[mine] += sums[other]; products[mine] += products[other];';

function gradientSource(passes: ChannelPasses, isMasked: boolean): string {
  return passSource(
    passes.vectors,
    [...gradientNames(isMasked), 'x', 'partial', 'dx', 'dScale', 'dOffset'],
    3,
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
  let centre = partial[2u * sizes.blocks * sizes.width + at];
  let root = partial[(2u * sizes.blocks + 1u) * sizes.width + at];
  let slope = root * partial[(2u * sizes.blocks + 2u) * sizes.width + at];
  if (group.y == 0u && rowLane == 0u) {
    dOffset[at] = sums[lane];
    dScale[at] = products[lane] * root;
  }
  let count = f32(sizes.rows);
  let curve = products[lane] * root * root / count;
  let shift = sums[lane] / count;
  for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
    let index = row * sizes.width + at;
    dx[index] = slope * (${gradientAt(isMasked)} - shift - (x[index] - centre) * curve);
  }`,
  );
}

function givenStatisticsSource(
  passes: ChannelPasses,
  epilogue: Epilogue,
  isScaled: boolean,
  isOffset: boolean,
): string {
  const parameters = ['mean', 'variance', ...(isScaled ? ['scale'] : []), ...(isOffset ? ['offset'] : [])];
  return passSource(
    passes.vectors,
    ['x', ...parameters, ...Object.keys(epilogueBindings(epilogue)), 'result'],
    1,
    [],
    `
  if (!isHere) { return; }
  let channel = at;
  let slope = ${isScaled ? 'scale[channel]' : 'Value(1.0)'} / sqrt(variance[channel] + sizes.epsilon);
  let centre = mean[channel];
  let intercept = ${isOffset ? 'offset[channel]' : 'Value()'};
  for (var row = firstRow + rowLane; row < endRow; row += rowLanes) {
    let at = row * sizes.width + channel;
    ${storeAfter(epilogue, 'fma(x[at] - centre, slope, intercept)', valueType(passes.vectors))}
  }`,
  );
}
