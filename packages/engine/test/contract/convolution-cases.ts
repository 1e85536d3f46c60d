import * as tf from '@tensorflow/tfjs-core';
import { createRandom, FUSED_KERNELS, hasFusedKernel, runFusedKernel, type Random } from '@zoo/core';

import { randomTensor, sameAsCpu, type ContractCase } from './contract-case';

/** What tfjs takes for a padding. */
export type Padding =
  'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]];

/** A convolution's sizes. */
export interface ConvolutionCase {
  readonly x: readonly [batch: number, height: number, width: number, channels: number];
  readonly filter: readonly [height: number, width: number];
  readonly outChannels: number;
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: Padding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil' | undefined;
}

const plain = {
  strides: [1, 1] as [number, number],
  dilations: [1, 1] as [number, number],
  pad: 'same' as const,
};

/** Shapes with a reason: those of the family, batch 1, and channels that no vector width divides. */
const CHOSEN: readonly ConvolutionCase[] = [
  { ...plain, x: [1, 1, 1, 1], filter: [1, 1], outChannels: 1 },
  { ...plain, x: [2, 9, 9, 3], filter: [7, 7], outChannels: 8, strides: [2, 2], pad: 3 },
  { ...plain, x: [2, 9, 9, 3], filter: [7, 7], outChannels: 8, strides: [2, 2] },
  { ...plain, x: [1, 2, 2, 2048], filter: [1, 1], outChannels: 5 },
  { ...plain, x: [1, 2, 1, 3], filter: [1, 1], outChannels: 2047 },
  { ...plain, x: [1, 3, 3, 515], filter: [3, 3], outChannels: 3 },
  { ...plain, x: [1, 7, 7, 16], filter: [1, 1], outChannels: 24, strides: [2, 2] },
  { ...plain, x: [2, 8, 8, 12], filter: [3, 3], outChannels: 20, strides: [2, 2] },
  { ...plain, x: [2, 17, 5, 4], filter: [3, 3], outChannels: 8 },
  {
    ...plain,
    x: [1, 20, 20, 2],
    filter: [3, 3],
    outChannels: 2,
    pad: [
      [0, 0],
      [0, 3],
      [2, 1],
      [0, 0],
    ],
  },
  { ...plain, x: [1, 6, 6, 3], filter: [1, 1], outChannels: 4, strides: [3, 3], pad: 'valid' },
  { ...plain, x: [2, 6, 7, 4], filter: [2, 4], outChannels: 3, pad: 'valid' },
  { ...plain, x: [3, 9, 10, 24], filter: [3, 3], outChannels: 16 },
  { ...plain, x: [2, 12, 13, 16], filter: [3, 3], outChannels: 40, pad: 'valid' },
  {
    ...plain,
    x: [1, 12, 9, 16],
    filter: [3, 3],
    outChannels: 24,
    pad: [
      [0, 0],
      [2, 0],
      [0, 3],
      [0, 0],
    ],
  },
  { ...plain, x: [3, 12, 12, 8], filter: [3, 3], outChannels: 16 },
  {
    ...plain,
    x: [1, 5, 5, 6],
    filter: [3, 3],
    outChannels: 9,
    strides: [2, 1],
    pad: 1,
    dimRoundingMode: 'floor',
  },
];

/** Every convolution case: the chosen, and `randomCount` more. */
export function convolutionCases(randomCount: number): ContractCase[] {
  const random = createRandom(20).fork('convolutions');
  const all = [
    ...CHOSEN,
    ...Array.from({ length: randomCount }, (_, index) => randomCase(random.fork(index))),
  ];
  return all.flatMap((sizes) => {
    const words = describeCase(sizes);
    return [
      sameAsCpu(`convolution ${words}`, (seed) => [forward(sizes, seed)]),
      sameAsCpu(
        `gradients of convolution ${words}`,
        (seed) => gradients(sizes, seed),
        1e-4,
        isDilated(sizes) ? (seed) => gradientsOfSpreadFilter(sizes, seed) : undefined,
      ),
    ];
  });
}

/** Convolution with a bias and each activation, fused. */
export function fusedConvolutionCases(): ContractCase[] {
  return (['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const).map((activation) =>
    sameAsCpu(`fused convolution with ${activation}`, (random) => {
      const channels = 13;
      return [
        tf.fused.conv2d({
          x: randomTensor<tf.Rank.R4>(random.fork('x'), [2, 6, 5, 7]),
          filter: randomTensor<tf.Rank.R4>(random.fork('filter'), [3, 3, 7, channels]),
          strides: 1,
          pad: 'same',
          bias: randomTensor(random.fork('bias'), [channels]),
          activation,
          ...(activation === 'leakyrelu' && { leakyreluAlpha: 0.3 }),
          // TensorFlow.js' WebGL backend takes these for a prelu, whatever the activation is.
          ...(activation === 'prelu' && {
            preluActivationWeights: randomTensor(random.fork('prelu'), [channels]),
          }),
        }),
      ];
    }),
  );
}

/** The end of a residual branch, where an engine has it as one kernel: a convolution, its bias, a sum and an activation. */
export function convolutionAddCases(): ContractCase[] {
  return CHOSEN.filter(({ dimRoundingMode }) => dimRoundingMode === undefined).flatMap((sizes) =>
    (['linear', 'relu'] as const).map((activation) =>
      sameAsCpu(`convolution ${describeCase(sizes)} added to a tensor, ${activation}`, (random) => [
        convolutionAdd(sizes, activation, random),
      ]),
    ),
  );
}

function convolutionAdd(sizes: ConvolutionCase, activation: 'linear' | 'relu', random: Random): tf.Tensor {
  const { strides, pad, dilations, outChannels } = sizes;
  const [x, filter] = operands(sizes, random);
  const product = forward(sizes, random);
  const addend = randomTensor(random.fork('addend'), product.shape);
  const bias = randomTensor(random.fork('bias'), [outChannels]);
  if (hasFusedKernel(FUSED_KERNELS.convolutionAdd)) {
    const attributes = { strides, pad, dilations, activation };
    return runFusedKernel(FUSED_KERNELS.convolutionAdd, { x, filter, bias, addend }, attributes);
  }
  const sum = tf.add(tf.add(product, bias), addend);
  return activation === 'relu' ? tf.relu(sum) : sum;
}

function randomCase(random: Random): ConvolutionCase {
  const filter = [random.integer(1, 4), random.integer(1, 4)] as const;
  const isDilated = random.uniform() < 0.3;
  const pair = (isOn: boolean): [number, number] =>
    isOn ? [random.integer(1, 3), random.integer(1, 3)] : [1, 1];
  const dilations = pair(isDilated);
  const extents = filter.map((size, axis) => (size - 1) * dilations[axis]! + 1);
  // tfjs ignores dilations where it computes the size of an output with a number for a padding.
  const pad = isDilated ? random.integer(0, 1) : random.integer(0, 3);
  const edge = () => random.integer(0, 2);
  return {
    x: [
      random.integer(1, 3),
      extents[0]! + random.integer(0, 7),
      extents[1]! + random.integer(0, 7),
      random.integer(1, 14),
    ],
    filter,
    outChannels: random.integer(1, 18),
    strides: pair(!isDilated),
    dilations,
    pad: (
      [
        'same',
        'valid',
        1,
        [
          [0, 0],
          [edge(), edge()],
          [edge(), edge()],
          [0, 0],
        ],
      ] as const
    )[pad] as Padding,
    dimRoundingMode: pad === 2 ? 'floor' : undefined,
  };
}

function describeCase(sizes: ConvolutionCase): string {
  const { x, filter, outChannels, strides, dilations, pad, dimRoundingMode } = sizes;
  // Engines whose gradients have no dilations leave out the cases that name them.
  return [
    `${x.join('x')} by ${filter.join('x')} to ${outChannels} strides ${strides.join()}`,
    ...(isDilated(sizes) ? [`dilations ${dilations.join()}`] : []),
    `pad ${JSON.stringify(pad)}`,
    ...(dimRoundingMode === undefined ? [] : [dimRoundingMode]),
  ].join(' ');
}

function isDilated({ dilations }: ConvolutionCase): boolean {
  return dilations.some((dilation) => dilation !== 1);
}

function operands({ x, filter, outChannels }: ConvolutionCase, random: Random): [tf.Tensor4D, tf.Tensor4D] {
  return [
    randomTensor<tf.Rank.R4>(random.fork('x'), x),
    randomTensor<tf.Rank.R4>(random.fork('filter'), [...filter, x[3], outChannels]),
  ];
}

function forward(sizes: ConvolutionCase, random: Random): tf.Tensor4D {
  const { strides, pad, dilations, dimRoundingMode } = sizes;
  const [x, filter] = operands(sizes, random);
  return tf.conv2d(x, filter, strides, pad, 'NHWC', dilations, dimRoundingMode);
}

function gradients(sizes: ConvolutionCase, random: Random): tf.Tensor[] {
  const { strides, pad, dilations, dimRoundingMode } = sizes;
  const apply = (x: tf.Tensor, filter: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, 'NHWC', dilations, dimRoundingMode);
  const [x, filter] = operands(sizes, random);
  return tf.grads(apply)([x, filter], randomTensor(random.fork('dy'), apply(x, filter).shape));
}

/** The same through an undilated filter with zeros between its taps: tfjs refuses gradients of dilated convolutions. */
function gradientsOfSpreadFilter(sizes: ConvolutionCase, random: Random): tf.Tensor[] {
  const [dilationY, dilationX] = sizes.dilations;
  const apply = (x: tf.Tensor, filter: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, spread(filter as tf.Tensor4D, dilationY, dilationX), 1, sizes.pad);
  const [x, filter] = operands(sizes, random);
  return tf.grads(apply)([x, filter], randomTensor(random.fork('dy'), apply(x, filter).shape));
}

/** A filter [height, width, ...] with zeros between its taps, which undilated gives what `filter` gives dilated. */
export function spread(filter: tf.Tensor4D, dilationY: number, dilationX: number): tf.Tensor4D {
  const rows = spreadAxis(filter, 0, dilationY);
  return spreadAxis(rows, 1, dilationX);
}

function spreadAxis(filter: tf.Tensor4D, axis: number, dilation: number): tf.Tensor4D {
  if (dilation === 1 || filter.shape[axis] === 1) return filter;
  const slices = tf.split<tf.Tensor4D>(filter, filter.shape[axis]!, axis);
  const zeros = tf.zerosLike(slices[0]!);
  const spaced = slices.flatMap((slice, index) =>
    index === 0 ? [slice] : [...Array.from({ length: dilation - 1 }, () => zeros), slice],
  );
  return tf.concat(spaced, axis);
}
