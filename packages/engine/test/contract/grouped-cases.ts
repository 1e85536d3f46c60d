import * as tf from '@tensorflow/tfjs-core';
import { groupedConv2d, type Random } from '@zoo/core';

import { randomTensor, sameAsCpu, type ContractCase } from './contract-case';
import { spread } from './convolution-cases';

/** A grouped convolution's sizes. */
interface GroupedCase {
  readonly x: readonly [batch: number, height: number, width: number, channels: number];
  readonly filter: readonly [height: number, width: number];
  readonly outChannels: number;
  readonly groups: number;
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly padding: 'same' | 'valid';
}

const plain = {
  filter: [3, 3] as const,
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  padding: 'same' as const,
};

const CASES: readonly GroupedCase[] = [
  { ...plain, x: [2, 7, 6, 128], outChannels: 128, groups: 32 },
  { ...plain, x: [2, 8, 9, 128], outChannels: 128, groups: 32, strides: [2, 2] },
  { ...plain, x: [2, 5, 4, 64], outChannels: 128, groups: 4, strides: [2, 2], padding: 'valid' },
  { ...plain, x: [3, 2, 2, 256], outChannels: 256, groups: 8 },
  { ...plain, x: [2, 6, 7, 6], outChannels: 10, groups: 2 },
  { ...plain, x: [1, 5, 5, 12], outChannels: 28, groups: 4 },
  { ...plain, x: [1, 6, 5, 20], outChannels: 12, groups: 4, strides: [2, 1] },
  { ...plain, x: [1, 4, 6, 26], outChannels: 6, groups: 2, filter: [2, 3], padding: 'valid' },
  { ...plain, x: [2, 5, 6, 64], outChannels: 32, groups: 32, filter: [1, 1] },
  { ...plain, x: [1, 7, 7, 14], outChannels: 22, groups: 2, filter: [1, 1], strides: [2, 2] },
  {
    ...plain,
    x: [1, 7, 6, 10],
    outChannels: 4,
    groups: 2,
    filter: [1, 1],
    strides: [3, 3],
    padding: 'valid',
  },
  { ...plain, x: [1, 2, 1, 8], outChannels: 8, groups: 2, filter: [5, 5] },
  { ...plain, x: [2, 4, 5, 9], outChannels: 18, groups: 9 },
  { ...plain, x: [2, 9, 8, 16], outChannels: 16, groups: 4, dilations: [2, 2] },
  { ...plain, x: [1, 9, 10, 6], outChannels: 10, groups: 2, dilations: [2, 3], padding: 'valid' },
  { ...plain, x: [1, 8, 9, 64], outChannels: 64, groups: 32, dilations: [3, 1] },
];

/** Grouped convolutions and their gradients, against a convolution of each group by itself. */
export function groupedCases(): ContractCase[] {
  return CASES.flatMap((sizes) => {
    const { x, filter, outChannels, groups, strides, dilations, padding } = sizes;
    const isDilated = dilations.some((dilation) => dilation !== 1);
    const apply = (image: tf.Tensor, weights: tf.Tensor) =>
      groupedConv2d(image as tf.Tensor4D, weights as tf.Tensor4D, { groups, strides, padding, dilations });
    const reference = (image: tf.Tensor, weights: tf.Tensor) => {
      // TensorFlow.js refuses gradients of dilated convolutions.
      const kernels = tf.split(isDilated ? spread(weights as tf.Tensor4D, ...dilations) : weights, groups, 3);
      const parts = tf.split(image, groups, 3);
      return tf.concat(
        parts.map((part, group) =>
          tf.conv2d(part as tf.Tensor4D, kernels[group] as tf.Tensor4D, strides, padding),
        ),
        3,
      );
    };
    const operands = (random: Random) => [
      randomTensor(random.fork('x'), x),
      randomTensor(random.fork('filter'), [...filter, x[3] / groups, outChannels]),
    ];
    const valueAndGradients = (convolve: typeof apply) => (random: Random) => {
      const [image, weights] = operands(random);
      const y = convolve(image!, weights!);
      const dy = randomTensor(random.fork('dy'), y.shape);
      return [y, ...tf.grads(convolve)([image!, weights!], dy)];
    };
    const words = [
      `${x.join('x')} by ${filter.join('x')} to ${outChannels} in ${groups} groups strides ${strides.join()}`,
      ...(isDilated ? [`dilations ${dilations.join()}`] : []),
      padding,
    ].join(' ');
    return [
      sameAsCpu(
        `grouped convolution and its gradients ${words}`,
        valueAndGradients(apply),
        1e-4,
        valueAndGradients(reference),
      ),
    ];
  });
}
