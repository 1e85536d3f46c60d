import * as tf from '@tensorflow/tfjs-core';
import { GROUPED_KERNELS } from '@zoo/core';

import {
  depthwiseShape,
  groupedShape,
  isChannelsLast,
  type ConvolutionAttributes,
  type GroupedShape,
} from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';
import { fusedKernel, isFloats, type WebgpuKernel } from '../webgpu-kernel';

import { addSplits } from './run-product';
import { UniformBlock } from './uniform-block';
import { floats, spread } from './wgsl';

const THREADS = 128;
const BYTES = 4;

/** A filter [height, width, in, multiplier] lies in memory as that of as many groups as channels, [height, width, 1, in * multiplier]. */
function depthwiseGroups(
  inShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttributes,
  outShape?: readonly number[],
): GroupedShape {
  return { ...depthwiseShape(inShape, filterShape, attrs, outShape), groups: filterShape[2]!, depth: 1 };
}

/** Convolution of each channel with filters of its own. */
export const depthwiseConv2d: WebgpuKernel = {
  name: 'DepthwiseConv2dNative',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes;
    if (!isChannelsLast(attrs) || !isFloats(x) || !isFloats(filter)) return undefined;
    return forward(context, 'depthwise', depthwiseGroups(x.shape, filter.shape, attrs), x, filter);
  },
};

/** The gradient of a depthwise convolution with respect to its input. */
export const depthwiseBackpropInput: WebgpuKernel = {
  name: 'DepthwiseConv2dNativeBackpropInput',
  compute(context, call) {
    const { dy, filter } = inputsOf<'dy' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { inputShape: number[] };
    const shape = depthwiseGroups(attrs.inputShape, filter.shape, attrs, dy.shape);
    return inputGradient(context, 'depthwise', shape, { dy, filter, inputShape: attrs.inputShape });
  },
};

/** The gradient of a depthwise convolution with respect to its filter. */
export const depthwiseBackpropFilter: WebgpuKernel = {
  name: 'DepthwiseConv2dNativeBackpropFilter',
  compute(context, call) {
    const { x, dy } = inputsOf<'x' | 'dy'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { filterShape: number[] };
    const shape = depthwiseGroups(x.shape, attrs.filterShape, attrs, dy.shape);
    return filterGradient(context, 'depthwise', shape, { x, dy, filterShape: attrs.filterShape });
  },
};

/** Convolution of each group of channels with a filter of its own. */
export const groupedConvolution = fusedKernel(
  GROUPED_KERNELS.groupedConvolution,
  (context, { x, filter }, attrs) =>
    forward(context, 'grouped', groupedShape(x.shape, filter.shape, attrs), x, filter),
);

/** The gradient of a grouped convolution with respect to its input. */
export const groupedConvolutionInputGradient = fusedKernel(
  GROUPED_KERNELS.groupedConvolutionInputGrad,
  (context, { dy, filter }, { inputShape, ...attrs }) =>
    inputGradient(context, 'grouped', groupedShape(inputShape, filter.shape, attrs, dy.shape), {
      ...{ dy, filter, inputShape },
    }),
);

/** The gradient of a grouped convolution with respect to its filter. */
export const groupedConvolutionFilterGradient = fusedKernel(
  GROUPED_KERNELS.groupedConvolutionFilterGrad,
  (context, { x, dy }, { filterShape, ...attrs }) =>
    filterGradient(context, 'grouped', groupedShape(x.shape, filterShape, attrs, dy.shape), {
      ...{ x, dy, filterShape },
    }),
);

/** What the card's times are listed under. */
type Kind = 'depthwise' | 'grouped';

function forward(
  context: WebgpuContext,
  kind: Kind,
  shape: GroupedShape,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
): tf.TensorInfo {
  const y = context.output([shape.batch, shape.outHeight, shape.outWidth, shape.outChannels]);
  run(context, `${kind} convolution`, shape, [x, filter], y, FORWARD);
  return y;
}

function inputGradient(
  context: WebgpuContext,
  kind: Kind,
  shape: GroupedShape,
  { dy, filter, inputShape }: { dy: tf.TensorInfo; filter: tf.TensorInfo; inputShape: readonly number[] },
): tf.TensorInfo {
  const dx = context.output(inputShape);
  run(context, `${kind} input gradient`, shape, [dy, filter], dx, INPUT_GRADIENT);
  return dx;
}

function filterGradient(
  context: WebgpuContext,
  kind: Kind,
  shape: GroupedShape,
  { x, dy, filterShape }: { x: tf.TensorInfo; dy: tf.TensorInfo; filterShape: readonly number[] },
): tf.TensorInfo {
  const dFilter = context.output(filterShape);
  const values = tf.util.sizeFromShape([...filterShape]);
  // Rows of pixels, divided so that a large card is busy and each thread has some.
  const rows = shape.batch * shape.outHeight;
  const splits = Math.max(1, Math.min(rows, Math.ceil(BUSY_THREADS / values), 64));
  const partial = context.scratch(values * splits * BYTES);
  const count = values * splits;
  run(context, `${kind} filter gradient`, shape, [x, dy], partial, FILTER_GRADIENT, count, splits);
  addSplits(context, { partial, splits, values, columns: values }, { kind, result: dFilter });
  return dFilter;
}

const BUSY_THREADS = 65536;

const BLOCK = new UniformBlock({
  ...{ count: 'u32', across: 'u32', splits: 'u32', batch: 'i32' },
  ...{
    inHeight: 'i32',
    inWidth: 'i32',
    outHeight: 'i32',
    outWidth: 'i32',
    inChannels: 'i32',
    outChannels: 'i32',
  },
  ...{ groups: 'i32', depth: 'i32' },
  ...{ filterHeight: 'i32', filterWidth: 'i32', strideY: 'i32', strideX: 'i32' },
  ...{ dilationY: 'i32', dilationX: 'i32', padTop: 'i32', padLeft: 'i32' },
});

/** A thread an output value; the filter is [tap][input channel of a group][output channel]. */
const FORWARD = `
  let channel = i32(index % u32(sizes.outChannels));
  let firstIn = channel / (sizes.outChannels / sizes.groups) * sizes.depth;
  let place = i32(index / u32(sizes.outChannels));
  let ox = place % sizes.outWidth;
  let oy = (place / sizes.outWidth) % sizes.outHeight;
  let image = place / sizes.outWidth / sizes.outHeight;
  var sum = 0.0;
  for (var fy = 0; fy < sizes.filterHeight; fy++) {
    let y = oy * sizes.strideY - sizes.padTop + fy * sizes.dilationY;
    if (y < 0 || y >= sizes.inHeight) { continue; }
    for (var fx = 0; fx < sizes.filterWidth; fx++) {
      let x = ox * sizes.strideX - sizes.padLeft + fx * sizes.dilationX;
      if (x < 0 || x >= sizes.inWidth) { continue; }
      let pixel = ((image * sizes.inHeight + y) * sizes.inWidth + x) * sizes.inChannels + firstIn;
      let weight = (fy * sizes.filterWidth + fx) * sizes.depth * sizes.outChannels + channel;
      for (var k = 0; k < sizes.depth; k++) { sum = fma(v0[pixel + k], v1[weight + k * sizes.outChannels], sum); }
    }
  }
  result[index] = sum;`;

/** A thread an input value: the windows that hold it, times its group's filters. */
const INPUT_GRADIENT = `
  let inChannel = i32(index % u32(sizes.inChannels));
  let outputs = sizes.outChannels / sizes.groups;
  let firstOut = inChannel / sizes.depth * outputs;
  let place = i32(index / u32(sizes.inChannels));
  let x = place % sizes.inWidth;
  let y = (place / sizes.inWidth) % sizes.inHeight;
  let image = place / sizes.inWidth / sizes.inHeight;
  var sum = 0.0;
  for (var fy = 0; fy < sizes.filterHeight; fy++) {
    let startY = y + sizes.padTop - fy * sizes.dilationY;
    if (startY < 0 || startY % sizes.strideY != 0 || startY / sizes.strideY >= sizes.outHeight) { continue; }
    for (var fx = 0; fx < sizes.filterWidth; fx++) {
      let startX = x + sizes.padLeft - fx * sizes.dilationX;
      if (startX < 0 || startX % sizes.strideX != 0 || startX / sizes.strideX >= sizes.outWidth) { continue; }
      let gradient = ((image * sizes.outHeight + startY / sizes.strideY) * sizes.outWidth + startX / sizes.strideX)
        * sizes.outChannels + firstOut;
      let weight = ((fy * sizes.filterWidth + fx) * sizes.depth + inChannel % sizes.depth) * sizes.outChannels + firstOut;
      for (var k = 0; k < outputs; k++) { sum = fma(v0[gradient + k], v1[weight + k], sum); }
    }
  }
  result[index] = sum;`;

/** A thread a filter value and a part of the output's rows. */
const FILTER_GRADIENT = `
  let values = u32(sizes.filterHeight * sizes.filterWidth * sizes.depth * sizes.outChannels);
  let split = i32(index / values);
  let value = i32(index % values);
  let channel = value % sizes.outChannels;
  let weightRow = value / sizes.outChannels;
  let tap = weightRow / sizes.depth;
  let inChannel = channel / (sizes.outChannels / sizes.groups) * sizes.depth + weightRow % sizes.depth;
  let tapX = tap % sizes.filterWidth * sizes.dilationX - sizes.padLeft;
  let tapY = tap / sizes.filterWidth * sizes.dilationY - sizes.padTop;
  var sum = 0.0;
  for (var row = split; row < sizes.batch * sizes.outHeight; row += i32(sizes.splits)) {
    let image = row / sizes.outHeight;
    let y = row % sizes.outHeight * sizes.strideY + tapY;
    if (y < 0 || y >= sizes.inHeight) { continue; }
    for (var ox = 0; ox < sizes.outWidth; ox++) {
      let x = ox * sizes.strideX + tapX;
      if (x < 0 || x >= sizes.inWidth) { continue; }
      sum = fma(
        v0[((image * sizes.inHeight + y) * sizes.inWidth + x) * sizes.inChannels + inChannel],
        v1[(row * sizes.outWidth + ox) * sizes.outChannels + channel], sum);
    }
  }
  result[index] = sum;`;

function run(
  context: WebgpuContext,
  label: string,
  shape: GroupedShape,
  [first, second]: readonly [tf.TensorInfo, tf.TensorInfo],
  result: tf.TensorInfo | Scratch,
  body: string,
  count = 'shape' in result ? tf.util.sizeFromShape(result.shape) : 0,
  splits = 1,
): void {
  const { across, down } = spread(context, Math.ceil(count / THREADS));
  context.dispatch({
    shader: {
      label,
      key: label,
      code: () => `
${floats(0, 'read', 'v0', false)}
${floats(1, 'read', 'v1', false)}
${floats(2, 'read_write', 'result', false)}
${BLOCK.declaration(3)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let index = (group.x + group.y * sizes.across) * ${THREADS}u + thread;
  if (index >= sizes.count) { return; }
  ${body}
}`,
    },
    bindings: [first, second, result],
    uniforms: BLOCK.values({ count, across, splits, ...shape }),
    workgroups: [across, down, 1],
  });
}
