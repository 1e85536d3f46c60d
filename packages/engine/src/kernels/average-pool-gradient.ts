import * as tf from '@tensorflow/tfjs-core';

/** Backends whose gradient kernel counts as it should: the zoo's own on wasm and WebGPU, TensorFlow's. */
const RIGHT_BACKENDS = ['wasm', 'webgpu', 'tensorflow'];

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Average-pooling's gradient, right where windows reach into the padding.
 *
 * The forward kernels divide by the pixels of the picture that a window holds; TensorFlow.js' gradient kernels divide by the
 * window's size. There the gradient that comes in is multiplied by what lies between.
 */
export function averagePoolGradient(stock: tf.GradFunc): tf.GradFunc {
  return (dy, saved, attrs) => {
    const correction = RIGHT_BACKENDS.includes(tf.getBackend())
      ? undefined
      : windowSizeByPixels(saved[0]!.shape, attrs as unknown as PoolAttributes);
    if (correction === undefined) return stock(dy, saved, attrs);
    return stock(tf.mul(dy as tf.Tensor, correction), saved, attrs);
  };
}

/** The window's size over the pixels it holds, [1, height, width, 1]; undefined where no window reaches into padding. */
function windowSizeByPixels(
  shape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.Tensor | undefined {
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const { filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth, padInfo } = info;
  const rows = pixelsHeld(outHeight, info.strideHeight, padInfo.top, filterHeight, inHeight);
  const columns = pixelsHeld(outWidth, info.strideWidth, padInfo.left, filterWidth, inWidth);
  const size = filterHeight * filterWidth;
  const ratios = rows.flatMap((row) => columns.map((column) => size / Math.max(row * column, 1)));
  return ratios.every((ratio) => ratio === 1) ? undefined : tf.tensor(ratios, [1, outHeight, outWidth, 1]);
}

/** For each window along one axis, the pixels of the picture in it. */
function pixelsHeld(
  windows: number,
  stride: number,
  padding: number,
  filter: number,
  pixels: number,
): number[] {
  return Array.from({ length: windows }, (_, index) => {
    const start = index * stride - padding;
    return Math.max(Math.min(start + filter, pixels) - Math.max(start, 0), 0);
  });
}
