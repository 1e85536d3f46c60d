import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@zoo/core';

import { randomTensor, sameAsCpu, type ContractCase } from './contract-case';
import { spread, type Padding } from './convolution-cases';

/** A depthwise convolution's sizes. */
interface DepthwiseCase {
  readonly x: readonly [batch: number, height: number, width: number, channels: number];
  readonly filter: readonly [height: number, width: number];
  readonly multiplier: number;
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: Padding;
}

const plain = {
  multiplier: 1,
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  pad: 'same' as const,
};

const CASES: readonly DepthwiseCase[] = [
  { ...plain, x: [1, 1, 1, 1], filter: [1, 1] },
  { ...plain, x: [2, 7, 6, 16], filter: [3, 3] },
  { ...plain, x: [2, 8, 9, 70], filter: [3, 3], strides: [2, 2] },
  { ...plain, x: [1, 7, 7, 13], filter: [5, 3], strides: [2, 2], pad: 'valid' },
  { ...plain, x: [3, 9, 8, 5], filter: [2, 3], strides: [1, 2], multiplier: 3 },
  { ...plain, x: [1, 6, 6, 4], filter: [3, 3], multiplier: 2, pad: 1 },
  { ...plain, x: [1, 4, 4, 515], filter: [3, 3], strides: [2, 2] },
  { ...plain, x: [1, 9, 9, 6], filter: [1, 1], strides: [3, 2] },
  { ...plain, x: [1, 2, 3, 8], filter: [5, 5] },
  {
    ...plain,
    x: [2, 8, 7, 9],
    filter: [3, 3],
    strides: [2, 2],
    pad: [
      [0, 0],
      [0, 2],
      [1, 2],
      [0, 0],
    ],
  },
  { ...plain, x: [2, 9, 8, 12], filter: [3, 3], dilations: [2, 2] },
  { ...plain, x: [1, 9, 10, 5], filter: [3, 2], dilations: [2, 3], multiplier: 2, pad: 'valid' },
];

/** Depthwise convolutions and their gradients for strides, dilations, paddings and multipliers. */
export function depthwiseCases(): ContractCase[] {
  return CASES.flatMap((sizes) => {
    const { x, filter, multiplier, strides, dilations, pad } = sizes;
    const isDilated = dilations.some((dilation) => dilation !== 1);
    const apply = (image: tf.Tensor, weights: tf.Tensor) =>
      tf.depthwiseConv2d(image as tf.Tensor4D, weights as tf.Tensor4D, strides, pad, 'NHWC', dilations);
    const spreadApply = (image: tf.Tensor, weights: tf.Tensor) =>
      tf.depthwiseConv2d(image as tf.Tensor4D, spread(weights as tf.Tensor4D, ...dilations), 1, pad);
    const operands = (random: Random) => [
      randomTensor(random.fork('x'), x),
      randomTensor(random.fork('filter'), [...filter, x[3], multiplier]),
    ];
    const gradientsOf = (convolve: typeof apply) => (random: Random) => {
      const [image, weights] = operands(random);
      const dy = randomTensor(random.fork('dy'), apply(image!, weights!).shape);
      return tf.grads(convolve)([image!, weights!], dy);
    };
    const words = [
      `${x.join('x')} by ${filter.join('x')} times ${multiplier} strides ${strides.join()}`,
      ...(isDilated ? [`dilations ${dilations.join()}`] : []),
      `pad ${JSON.stringify(pad)}`,
    ].join(' ');
    return [
      sameAsCpu(`depthwise convolution ${words}`, (random) => {
        const [image, weights] = operands(random);
        return [apply(image!, weights!)];
      }),
      sameAsCpu(
        `gradients of depthwise convolution ${words}`,
        gradientsOf(apply),
        1e-4,
        // tfjs refuses gradients of dilated convolutions.
        gradientsOf(isDilated ? spreadApply : apply),
      ),
    ];
  });
}
