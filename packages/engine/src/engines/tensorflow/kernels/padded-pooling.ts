import * as tf from '@tensorflow/tfjs-core';

import type { KernelAttributes, TensorFlowKernel } from './tensorflow-kernel';

/** Less than any value a network makes, and finite, so that a pool's gradient meets no NaN. */
const LOWEST = -3.4e38;

/** Max pool, its padding given as a number of pixels or side by side too, which stock tfjs-node refuses. */
export const maxPoolKernel: TensorFlowKernel = {
  kernelName: tf.MaxPool,
  run: (_backend, { x }, attributes, stock) => {
    const padding = explicitPadding(x!.shape, attributes);
    if (padding === undefined) return stock({ x: x! }, attributes);
    return tf.tidy(() => stock({ x: padding.pad(x!, LOWEST) }, padding.attributes) as tf.Tensor);
  },
};

/** The gradient of {@link maxPoolKernel}. */
export const maxPoolGradKernel: TensorFlowKernel = {
  kernelName: tf.MaxPoolGrad,
  run: (_backend, inputs, attributes, stock) => {
    const { dy, input, output } = inputs;
    const padding = explicitPadding(input!.shape, attributes);
    if (padding === undefined) return stock(inputs, attributes);
    return tf.tidy(() => {
      const padded = { dy: dy!, input: padding.pad(input!, LOWEST), output: output! };
      return padding.cut(stock(padded, padding.attributes) as tf.Tensor);
    });
  },
};

/** Average pool over the pixels within the picture, its padding given as a number of pixels or side by side too. */
export const avgPoolKernel: TensorFlowKernel = {
  kernelName: tf.AvgPool,
  run: (_backend, { x }, attributes, stock) => {
    const padding = explicitPadding(x!.shape, attributes);
    if (padding === undefined) return stock({ x: x! }, attributes);
    return tf.tidy(() => {
      const pool = (image: tf.Tensor): tf.Tensor =>
        stock({ x: padding.pad(image, 0) }, padding.attributes) as tf.Tensor;
      return tf.div(pool(x!), pool(onesLike(x!.shape)));
    });
  },
};

/** The gradient of {@link avgPoolKernel}. */
export const avgPoolGradKernel: TensorFlowKernel = {
  kernelName: tf.AvgPoolGrad,
  run: (backend, { dy, input }, attributes, stock) => {
    const padding = explicitPadding(input!.shape, attributes);
    if (padding === undefined) return stock({ dy: dy!, input: input! }, attributes);
    return tf.tidy(() => {
      const ones = { x: padding.pad(onesLike(input!.shape), 0) };
      const shares = tf
        .engine()
        .runKernel<tf.Tensor>(tf.AvgPool, ones, padding.attributes as tf.NamedAttrMap);
      const padded = { dy: tf.div(dy!, shares), input: padding.pad(input!, 0) };
      return padding.cut(stock(padded, padding.attributes) as tf.Tensor);
    });
  },
};

interface ExplicitPadding {
  /** The pool's attributes over padded images. */
  attributes: KernelAttributes;
  pad(image: tf.Tensor, value: number): tf.Tensor;
  /** What lies within the padding. */
  cut(padded: tf.Tensor): tf.Tensor;
}

/** Undefined where the padding is one that TensorFlow has a word for. */
function explicitPadding(
  shape: readonly number[],
  attributes: KernelAttributes,
): ExplicitPadding | undefined {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as PoolAttributes;
  const { padInfo, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } =
    tf.backend_util.computePool2DInfo(
      shape as [number, number, number, number],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
  if (padInfo.type === 'VALID' || padInfo.type === 'SAME') return undefined;
  const [, height, width] = shape as [number, number, number, number];
  const { top, left } = padInfo;
  // Rounded up, the last window may reach beyond the padding.
  const bottom = Math.max(padInfo.bottom, (outHeight - 1) * strideHeight + filterHeight - height - top);
  const right = Math.max(padInfo.right, (outWidth - 1) * strideWidth + filterWidth - width - left);
  const paddings = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as [number, number][];
  return {
    attributes: { filterSize, strides, pad: 'valid' },
    pad: (image, value) =>
      tf.engine().runKernel<tf.Tensor>(tf.PadV2, { x: image }, { paddings, constantValue: value }),
    cut: (padded) => tf.slice(padded, [0, top, left, 0], [-1, height, width, -1]),
  };
}

interface PoolAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Ones for one channel of one picture: the share of each window that lies within it is the same for all. */
function onesLike([, height, width]: readonly number[]): tf.Tensor {
  return tf.ones([1, height!, width!, 1]);
}
