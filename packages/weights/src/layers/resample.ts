import * as tf from '@tensorflow/tfjs-core';

/** How Keras fills the pixels of a resized picture. */
export const INTERPOLATIONS = ['nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5'] as const;
export type Interpolation = (typeof INTERPOLATIONS)[number];

/**
 * Resizes pictures as `tf.image.resize` of TensorFlow 2 does: by the pixels' centres, edges by the pixels that are there.
 *
 * Two products with a matrix of weights, one for each axis, so that its gradient is right whatever the engine.
 *
 * @param pictures [batch, height, width, channels]
 * @param antialias True if shrinking averages all pixels beneath. It does not touch 'nearest'.
 * @see tensorflow/core/kernels/image: resize_bicubic_op.cc, scale_and_translate_op.cc
 */
export function resample(
  pictures: tf.Tensor,
  [height, width]: readonly [number, number],
  interpolation: Interpolation,
  antialias = false,
): tf.Tensor {
  return tf.tidy(() => {
    const [batch, oldHeight, oldWidth, channels] = pictures.shape as [number, number, number, number];
    const matrix = (oldSize: number, size: number) =>
      tf.tensor2d(resamplingWeights(oldSize, size, interpolation, antialias), [size, oldSize]);
    const [rows, columns] = [matrix(oldHeight, height), matrix(oldWidth, width)];
    // Each product is one plain [size, oldSize] x [oldSize, rest].
    const byRow = tf.reshape(tf.transpose(pictures, [1, 0, 2, 3]), [oldHeight, batch * oldWidth * channels]);
    const tall = tf.reshape(tf.matMul(rows, byRow as tf.Tensor2D), [height, batch, oldWidth, channels]);
    const byColumn = tf.reshape(tf.transpose(tall, [2, 1, 0, 3]), [oldWidth, batch * height * channels]);
    const wide = tf.reshape(tf.matMul(columns, byColumn as tf.Tensor2D), [width, batch, height, channels]);
    return tf.transpose(wide, [1, 2, 0, 3]);
  });
}

interface Kernel {
  /** Distance from which on the weight is zero. */
  readonly radius: number;
  readonly weight: (distance: number) => number;
}

const KERNELS: Readonly<Record<Exclude<Interpolation, 'nearest'>, Kernel>> = {
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - x) },
  // Keys 1981, with a = -0.5.
  bicubic: {
    radius: 2,
    weight: (x) => {
      if (x >= 2) return 0;
      return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
    },
  },
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

function lanczos(radius: number): Kernel {
  const sinc = (x: number): number => (Math.abs(x) < 1e-3 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  return { radius, weight: (x) => (x > radius ? 0 : sinc(x) * sinc(x / radius)) };
}

/** [size, oldSize]: row i holds what each of `oldSize` pixels adds to pixel i of `size`. */
export function resamplingWeights(
  oldSize: number,
  size: number,
  interpolation: Interpolation,
  antialias: boolean,
): Float32Array {
  const values = new Float32Array(size * oldSize);
  const ratio = oldSize / size;
  for (let i = 0; i < size; i++) {
    const row = values.subarray(i * oldSize, (i + 1) * oldSize);
    let centre = (i + 0.5) * ratio;
    // TensorFlow takes this kernel from a table of 1024 steps.
    if (interpolation === 'bicubic' && !antialias) centre = Math.round((centre - 0.5) * 1024) / 1024 + 0.5;
    if (interpolation === 'nearest') row[Math.min(oldSize - 1, Math.floor(centre))] = 1;
    else fillRow(row, centre, KERNELS[interpolation], antialias ? Math.max(1, ratio) : 1);
  }
  return values;
}

function fillRow(row: Float32Array, centre: number, { radius, weight }: Kernel, stretch: number): void {
  const reach = radius * stretch;
  let total = 0;
  // For bilinear interpolation, weight beyond an edge goes to the pixels within.
  for (
    let k = Math.max(0, Math.ceil(centre - reach - 0.5));
    k < row.length && k + 0.5 <= centre + reach;
    k++
  ) {
    row[k] = weight(Math.abs(k + 0.5 - centre) / stretch);
    total += row[k]!;
  }
  for (let k = 0; k < row.length; k++) row[k]! /= total;
}
