import type * as tfl from '@tensorflow/tfjs-layers';

/** What Keras calls the weights that a layer multiplies its input with: all that is worth quantizing. */
const KERNEL_NAME = /(^|[/_])(kernel|embeddings)$/;

/** True for a weight that a layer multiplies its input with, by its name and its shape. */
export function isKernel(name: string, { length: rank }: readonly unknown[]): boolean {
  return rank >= 2 && KERNEL_NAME.test(name);
}

/**
 * The axes of a layer's weight along which its outputs lie, in TensorFlow's layouts; undefined for a weight that is no kernel: biases and
 * batch norms are few numbers that all others depend on, and stay float32.
 *
 * @param name The weight's, with or without the layer's before it.
 */
export function kernelChannelAxes(
  layer: tfl.layers.Layer,
  name: string,
  shape: readonly unknown[],
): readonly number[] | undefined {
  if (!isKernel(name, shape)) return undefined;
  const rank = shape.length;
  // [..., in, multiplier]: each pair of the two is an output.
  if (name.endsWith('depthwise_kernel')) return [rank - 2, rank - 1];
  // [..., out, in].
  if (layer.getClassName().endsWith('Transpose')) return [rank - 2];
  return [rank - 1];
}
