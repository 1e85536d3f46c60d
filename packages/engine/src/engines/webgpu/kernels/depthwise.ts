import * as tf from '@tensorflow/tfjs-core';

import {
  depthwiseShape,
  isChannelsLast,
  type ConvolutionAttributes,
  type ConvolutionShape,
} from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { Scratch } from '../dispatch';
import type { WebgpuContext } from '../webgpu-context';
import { isFloats, type WebgpuKernel } from '../webgpu-kernel';

import { addSplits } from './run-product';
import { UniformBlock } from './uniform-block';
import { floats, spread } from './wgsl';

const THREADS = 128;
const BYTES = 4;

/** Convolution of each channel with filters of its own. */
export const depthwiseConv2d: WebgpuKernel = {
  name: 'DepthwiseConv2dNative',
  compute(context, call) {
    const { x, filter } = inputsOf<'x' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes;
    if (!isChannelsLast(attrs) || !isFloats(x) || !isFloats(filter)) return undefined;
    const shape = depthwiseShape(x.shape, filter.shape, attrs);
    const y = context.output([shape.batch, shape.outHeight, shape.outWidth, shape.outChannels]);
    run(context, 'depthwise convolution', shape, [x, filter], y, FORWARD);
    return y;
  },
};

/** The gradient of a depthwise convolution with respect to its input. */
export const depthwiseBackpropInput: WebgpuKernel = {
  name: 'DepthwiseConv2dNativeBackpropInput',
  compute(context, call) {
    const { dy, filter } = inputsOf<'dy' | 'filter'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { inputShape: number[] };
    const shape = depthwiseShape(attrs.inputShape, filter.shape, attrs, dy.shape);
    const dx = context.output(attrs.inputShape);
    run(context, 'depthwise input gradient', shape, [dy, filter], dx, INPUT_GRADIENT);
    return dx;
  },
};

/** The gradient of a depthwise convolution with respect to its filter. */
export const depthwiseBackpropFilter: WebgpuKernel = {
  name: 'DepthwiseConv2dNativeBackpropFilter',
  compute(context, call) {
    const { x, dy } = inputsOf<'x' | 'dy'>(call);
    const attrs = call.attrs as ConvolutionAttributes & { filterShape: number[] };
    const shape = depthwiseShape(x.shape, attrs.filterShape, attrs, dy.shape);
    const dFilter = context.output(attrs.filterShape);
    const values = tf.util.sizeFromShape(attrs.filterShape);
    // Rows of pixels, shared out so that a large card is busy and each thread has some.
    const rows = shape.batch * shape.outHeight;
    const splits = Math.max(1, Math.min(rows, Math.ceil(BUSY_THREADS / values), 64));
    const partial = context.scratch(values * splits * BYTES);
    run(
      context,
      'depthwise filter gradient',
      shape,
      [x, dy],
      partial,
      FILTER_GRADIENT,
      values * splits,
      splits,
    );
    addSplits(context, { partial, splits, values, columns: values }, { kind: 'depthwise', result: dFilter });
    return dFilter;
  },
};

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
  ...{ filterHeight: 'i32', filterWidth: 'i32', strideY: 'i32', strideX: 'i32' },
  ...{ dilationY: 'i32', dilationX: 'i32', padTop: 'i32', padLeft: 'i32' },
});

/** A thread an output value; filter [y][x][channel][multiplier] is [tap][out channel]. */
const FORWARD = `
  let channel = i32(index % u32(sizes.outChannels));
  let inChannel = channel / (sizes.outChannels / sizes.inChannels);
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
      sum = fma(
        v0[((image * sizes.inHeight + y) * sizes.inWidth + x) * sizes.inChannels + inChannel],
        v1[(fy * sizes.filterWidth + fx) * sizes.outChannels + channel], sum);
    }
  }
  result[index] = sum;`;

/** A thread an input value: the windows that hold it, times the filters of its channel. */
const INPUT_GRADIENT = `
  let inChannel = i32(index % u32(sizes.inChannels));
  let multiplier = sizes.outChannels / sizes.inChannels;
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
        * sizes.outChannels + inChannel * multiplier;
      let weight = (fy * sizes.filterWidth + fx) * sizes.outChannels + inChannel * multiplier;
      for (var k = 0; k < multiplier; k++) { sum = fma(v0[gradient + k], v1[weight + k], sum); }
    }
  }
  result[index] = sum;`;

/** A thread a filter value and a part of the output's rows. */
const FILTER_GRADIENT = `
  let values = u32(sizes.filterHeight * sizes.filterWidth * sizes.outChannels);
  let split = i32(index / values);
  let value = i32(index % values);
  let channel = value % sizes.outChannels;
  let inChannel = channel / (sizes.outChannels / sizes.inChannels);
  let tapX = (value / sizes.outChannels) % sizes.filterWidth * sizes.dilationX - sizes.padLeft;
  let tapY = value / sizes.outChannels / sizes.filterWidth * sizes.dilationY - sizes.padTop;
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
  shape: ConvolutionShape,
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
