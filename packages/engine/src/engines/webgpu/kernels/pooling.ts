import * as tf from '@tensorflow/tfjs-core';

import { shape4D, windowOf } from '../../../kernels/convolution-shape';
import { inputsOf } from '../../../kernels/kernel-call';
import type { WebgpuContext } from '../webgpu-context';
import { isFloats, type WebgpuKernel } from '../webgpu-kernel';

import { UniformBlock } from './uniform-block';
import { floats, spread } from './wgsl';

interface PoolingAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The largest value of each window. */
export const maxPool: WebgpuKernel = {
  name: 'MaxPool',
  compute: (context, call) => pool(context, 'max pool', inputsOf<'x'>(call).x, call.attrs),
};

/** The mean of each window's pixels; padding does not count. */
export const averagePool: WebgpuKernel = {
  name: 'AvgPool',
  compute: (context, call) => pool(context, 'average pool', inputsOf<'x'>(call).x, call.attrs),
};

/** The gradient of max-pooling: each window's goes to its first maximum, as in TensorFlow.js' cpu engine. */
export const maxPoolGradient: WebgpuKernel = {
  name: 'MaxPoolGrad',
  compute(context, call) {
    const { dy, input, output } = inputsOf<'dy' | 'input' | 'output'>(call);
    return poolGradient(context, 'max pool', [dy, input, output], call.attrs);
  },
};

/** The gradient of average-pooling: each window's is shared among the pixels that exist. */
export const averagePoolGradient: WebgpuKernel = {
  name: 'AvgPoolGrad',
  compute(context, call) {
    const { dy, input } = inputsOf<'dy' | 'input'>(call);
    return poolGradient(context, 'average pool', [dy, input], call.attrs);
  },
};

type PoolKind = 'max pool' | 'average pool';

const THREADS = 128;

const BLOCK = new UniformBlock({
  ...{ count: 'u32', across: 'u32', width: 'u32' },
  ...{ inHeight: 'i32', inWidth: 'i32', outHeight: 'i32', outWidth: 'i32' },
  ...{ filterHeight: 'i32', filterWidth: 'i32', strideY: 'i32', strideX: 'i32' },
  ...{ dilationY: 'i32', dilationX: 'i32', padTop: 'i32', padLeft: 'i32' },
});

/** Where window (oy, ox) begins and ends in the picture: the rows and columns that exist. With dilations it has gaps. */
const WINDOW = `
fn pixel(y: i32, x: i32, image: u32, height: i32, width: i32, at: u32) -> u32 {
  return ((image * u32(height) + u32(y)) * u32(width) + u32(x)) * sizes.width + at;
}
fn isInside(y: i32, x: i32) -> bool { return y >= 0 && y < sizes.inHeight && x >= 0 && x < sizes.inWidth; }`;

/** The place of a thread's value: `at` (the channel or quad of channels), `px`, `py`, `image`, in a picture of these sizes. */
function place(height: string, width: string): string {
  return `
  let index = (group.x + group.y * sizes.across) * ${THREADS}u + thread;
  if (index >= sizes.count) { return; }
  let at = index % sizes.width;
  let px = i32((index / sizes.width) % u32(${width}));
  let py = i32((index / sizes.width / u32(${width})) % u32(${height}));
  let image = index / sizes.width / u32(${width}) / u32(${height});`;
}

function pool(
  context: WebgpuContext,
  kind: PoolKind,
  x: tf.TensorInfo,
  attrs: unknown,
): tf.TensorInfo | undefined {
  if (!isFloats(x)) return undefined;
  const info = poolingInfo(x.shape, attrs);
  const y = context.output(info.outShape);
  const isMaximum = kind === 'max pool';
  run(
    context,
    kind,
    info,
    [x],
    y,
    [info.outHeight, info.outWidth],
    () => `
  ${place('sizes.outHeight', 'sizes.outWidth')}
  var value = Value(${isMaximum ? '-3.4028234e38' : '0.0'});
  var pixels = 0.0;
  for (var fy = 0; fy < sizes.filterHeight; fy++) {
    for (var fx = 0; fx < sizes.filterWidth; fx++) {
      let y = py * sizes.strideY - sizes.padTop + fy * sizes.dilationY;
      let x = px * sizes.strideX - sizes.padLeft + fx * sizes.dilationX;
      if (isInside(y, x)) {
        let pixelValue = v0[pixel(y, x, image, sizes.inHeight, sizes.inWidth, at)];
        ${isMaximum ? 'value = max(value, pixelValue);' : 'value += pixelValue; pixels += 1.0;'}
      }
    }
  }
  result[index] = value${isMaximum ? '' : ' / max(pixels, 1.0)'};`,
  );
  return y;
}

/**
 * A thread gathers a pixel's gradient from the windows that hold it. Where the pixel is a window's maximum, it looks whether an earlier one
 * is too.
 */
function poolGradient(
  context: WebgpuContext,
  kind: PoolKind,
  [dy, x, y]: readonly [dy: tf.TensorInfo, x: tf.TensorInfo, y?: tf.TensorInfo],
  attrs: unknown,
): tf.TensorInfo {
  const info = poolingInfo(x.shape, attrs);
  const dx = context.output(x.shape);
  const isMaximum = y !== undefined;
  // dy's own size: TensorFlow.js does not tell gradients how the output was rounded.
  run(
    context,
    `${kind} gradient`,
    info,
    isMaximum ? [dy, x, y] : [dy],
    dx,
    [dy.shape[1]!, dy.shape[2]!],
    () => `
  ${place('sizes.inHeight', 'sizes.inWidth')}
  ${isMaximum ? 'let own = v1[index];' : ''}
  var gradient = Value();
  for (var fy = 0; fy < sizes.filterHeight; fy++) {
    for (var fx = 0; fx < sizes.filterWidth; fx++) {
      let startY = py + sizes.padTop - fy * sizes.dilationY;
      let startX = px + sizes.padLeft - fx * sizes.dilationX;
      if (startY < 0 || startX < 0 || startY % sizes.strideY != 0 || startX % sizes.strideX != 0) { continue; }
      let oy = startY / sizes.strideY;
      let ox = startX / sizes.strideX;
      if (oy >= sizes.outHeight || ox >= sizes.outWidth) { continue; }
      let place = pixel(oy, ox, image, sizes.outHeight, sizes.outWidth, at);
      let share = v0[place];
      ${isMaximum ? FIRST_MAXIMUM : COUNTED_PIXELS}
    }
  }
  result[index] = gradient;`,
  );
  return dx;
}

const FIRST_MAXIMUM = `
      let isMaximum = own == v2[place];
      if (!any(isMaximum)) { continue; }
      var isFirst = select(Value(), Value(1.0), isMaximum);
      for (var gy = 0; gy <= fy; gy++) {
        let end = select(sizes.filterWidth, fx, gy == fy);
        for (var gx = 0; gx < end; gx++) {
          let y = oy * sizes.strideY - sizes.padTop + gy * sizes.dilationY;
          let x = ox * sizes.strideX - sizes.padLeft + gx * sizes.dilationX;
          if (isInside(y, x)) {
            let other = v1[pixel(y, x, image, sizes.inHeight, sizes.inWidth, at)];
            isFirst = select(isFirst, Value(), other == own);
          }
        }
      }
      gradient += share * isFirst;`;

const COUNTED_PIXELS = `
      var pixels = 0.0;
      for (var gy = 0; gy < sizes.filterHeight; gy++) {
        for (var gx = 0; gx < sizes.filterWidth; gx++) {
          let y = oy * sizes.strideY - sizes.padTop + gy * sizes.dilationY;
          let x = ox * sizes.strideX - sizes.padLeft + gx * sizes.dilationX;
          if (isInside(y, x)) { pixels += 1.0; }
        }
      }
      gradient += share / pixels;`;

function poolingInfo(shape: readonly number[], attrs: unknown): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as PoolingAttributes;
  return tf.backend_util.computePool2DInfo(shape4D(shape), filterSize, strides, 1, pad, dimRoundingMode);
}

function run(
  context: WebgpuContext,
  label: string,
  info: tf.backend_util.Conv2DInfo,
  inputs: readonly tf.TensorInfo[],
  result: tf.TensorInfo,
  [outHeight, outWidth]: readonly [number, number],
  body: () => string,
): void {
  const channels = info.inChannels;
  const vectors = channels % 4 === 0;
  const width = vectors ? channels / 4 : channels;
  const count = tf.util.sizeFromShape(result.shape) / (vectors ? 4 : 1);
  const { across, down } = spread(context, Math.ceil(count / THREADS));
  const { inHeight, inWidth } = info;
  context.dispatch({
    shader: {
      label,
      key: `${label} ${vectors}`,
      code: () => `alias Value = ${vectors ? 'vec4f' : 'f32'};
${inputs.map((_, index) => floats(index, 'read', `v${index}`, vectors)).join('\n')}
${floats(inputs.length, 'read_write', 'result', vectors)}
${BLOCK.declaration(inputs.length + 1)}
${WINDOW}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${body()}
}`,
    },
    bindings: [...inputs, result],
    uniforms: BLOCK.values({
      count,
      across,
      width,
      inHeight,
      inWidth,
      outHeight,
      outWidth,
      ...windowOf(info),
    }),
    workgroups: [across, down, 1],
  });
}
