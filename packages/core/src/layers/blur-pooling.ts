import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { memoize } from '../memoize';

import { soleInput, soleShape, type ZooLayerClass } from './layer-class';

/**
 * Halves a picture without aliasing: a 3x3 binomial blur, [1, 2, 1] / 4 each way, at every second pixel, the edges mirrored (Zhang 2019).
 * timm's `BlurPool2d`. It has no weights.
 *
 * [batch, height, width, channels] to [batch, ceil(height / 2), ceil(width / 2), channels]. Keras has no equal: the layer is refused
 * by name in Keras' formats.
 */
export function blurPooling(args: { name?: string } = {}): tfl.layers.Layer {
  return new (blurPoolingClass())({ ...args });
}

/** @internal */
export const blurPoolingClass = /* @__PURE__ */ memoize(
  (): ZooLayerClass =>
    class ZooBlurPooling2D extends tfl.layers.Layer {
      static className = 'ZooBlurPooling2D';
      /** What a summary reckons with. */
      readonly poolSize = [3, 3];
      readonly strides = [2, 2];

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() => {
          const padded = mirrored(mirrored(soleInput(inputs), 1), 2);
          // [1, 2, 1] is [1, 1] twice: averages of two by two, whose gradients every engine has.
          return tf.avgPool(tf.avgPool(padded, 2, 1, 'valid'), 2, 2, 'valid');
        });
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        const half = (size: number | null): number | null => (size === null ? null : Math.ceil(size / 2));
        const [batch, height, width, channels] = soleShape(inputShape) as [number, number, number, number];
        return [batch, half(height), half(width), channels];
      }
    },
);

/** One line more at either end of `axis`, the one next to the edge; of slices, because `tf.mirrorPad` has no gradient. */
function mirrored(x: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const size = x.shape[axis];
  const line = (at: number): tf.Tensor4D => {
    const begin: [number, number, number, number] = [0, 0, 0, 0];
    const extent: [number, number, number, number] = [-1, -1, -1, -1];
    begin[axis] = at;
    extent[axis] = 1;
    return tf.slice(x, begin, extent);
  };
  const last = size - 1;
  return tf.concat([line(Math.min(1, last)), x, line(Math.max(0, last - 1))], axis);
}
