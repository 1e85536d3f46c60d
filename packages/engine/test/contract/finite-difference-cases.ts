import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, createRandom, softmaxCrossEntropy, type Random } from '@zoo/core';

import { expectClose, valuesOn, type ContractCase } from './contract-case';

/** A differentiable function of tensors of the given shapes. */
interface Differentiable {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  /** Linear in each input, where differences are exact at any distance; smooth; or with kinks that no difference may cross. */
  readonly kind: 'linear' | 'smooth' | 'kinked';
  apply(...inputs: tf.Tensor[]): tf.Tensor;
}

/** Half the distance between the two sides of a difference: as large as may be, since the values are 32-bit floats. */
const STEPS = { linear: 1, smooth: 1 / 32, kinked: 1 / 64 };

/** Values of each input that are differentiated: all of a small one. */
const MAXIMUM_VALUES = 24;

const image = (x: tf.Tensor) => x as tf.Tensor4D;

const CONVOLUTIONS = [
  { x: [2, 5, 4, 3], filter: [3, 3, 3, 2], strides: 1, pad: 'same', dilations: 1 },
  { x: [1, 6, 5, 2], filter: [3, 2, 2, 3], strides: [2, 1], pad: 'same', dilations: 1 },
  { x: [1, 7, 7, 1], filter: [3, 3, 1, 4], strides: 2, pad: 'valid', dilations: 1 },
  {
    x: [1, 5, 6, 4],
    filter: [3, 3, 4, 5],
    strides: 2,
    pad: [
      [0, 0],
      [0, 2],
      [1, 1],
      [0, 0],
    ],
    dilations: 1,
  },
  { x: [2, 4, 4, 5], filter: [1, 1, 5, 3], strides: 2, pad: 'valid', dilations: 1 },
  { x: [1, 7, 8, 2], filter: [3, 2, 2, 3], strides: 1, pad: 'same', dilations: [2, 3] },
  // By Winograd's method on wasm.
  { x: [2, 12, 12, 16], filter: [3, 3, 16, 16], strides: 1, pad: 'same', dilations: 1 },
] as const;

/** Gradients of every kernel that has one, against central differences of the engine's own forward kernels. */
export function finiteDifferenceCases(): ContractCase[] {
  return [
    ...CONVOLUTIONS.flatMap(convolutions),
    ...depthwiseConvolutions(),
    ...matrixProducts(),
    ...normalizations(),
    ...poolings(),
    ...pointwise(),
  ].map(finiteDifferenceCase);
}

function convolutions({
  x,
  filter,
  strides,
  pad,
  dilations,
}: (typeof CONVOLUTIONS)[number]): Differentiable[] {
  const words = `of ${x.join('x')} by ${filter.join('x')} strides ${JSON.stringify(strides)} pad ${JSON.stringify(pad)}`;
  const isDilated = dilations !== 1;
  const options = { strides: strides as number, pad: pad as 'same', dilations: dilations as number };
  const plain: Differentiable = {
    name: `${isDilated ? `dilated by ${dilations.join()} ` : ''}convolution ${words}`,
    kind: 'linear',
    shapes: [x, filter],
    apply: (value, weights) =>
      tf.conv2d(image(value), image(weights), options.strides, options.pad, 'NHWC', options.dilations),
  };
  const fused: Differentiable = {
    name: `fused convolution and bias ${words}`,
    kind: 'linear',
    shapes: [x, filter, [filter[3]]],
    apply: (value, weights, bias) =>
      tf.fused.conv2d({ x: image(value), filter: image(weights), bias: bias, ...options }),
  };
  // TensorFlow.js refuses the gradient of a fused convolution with dilations on every engine.
  return isDilated ? [plain] : [plain, fused];
}

function depthwiseConvolutions(): Differentiable[] {
  return (
    [
      { strides: 1, dilations: 1, multiplier: 1 },
      { strides: 2, dilations: 1, multiplier: 3 },
      { strides: 1, dilations: 2, multiplier: 1 },
    ] as const
  ).map(({ strides, dilations, multiplier }) => ({
    name: `${dilations > 1 ? 'dilated ' : ''}depthwise convolution times ${multiplier} strides ${strides}`,
    kind: 'linear',
    shapes: [
      [2, 6, 5, 5],
      [3, 3, 5, multiplier],
    ],
    apply: (x, filter) => tf.depthwiseConv2d(image(x), image(filter), strides, 'same', 'NHWC', dilations),
  }));
}

function matrixProducts(): Differentiable[] {
  const products = [false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) =>
      [[], [2]].map((batches) => ({
        name: `matMul with transposes ${transposeA} ${transposeB}${batches.length > 0 ? ' in a batch' : ''}`,
        kind: 'linear' as const,
        shapes: [
          [...batches, ...(transposeA ? [4, 3] : [3, 4])],
          [...batches, ...(transposeB ? [5, 4] : [4, 5])],
        ],
        apply: (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeA, transposeB),
      })),
    ),
  );
  const fused = {
    name: 'fused matMul and bias',
    kind: 'linear' as const,
    shapes: [[3, 4], [4, 5], [5]],
    apply: (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) => tf.fused.matMul({ a, b, bias }),
  };
  return [...products, fused];
}

function normalizations(): Differentiable[] {
  const training = (shape: readonly number[]): Differentiable => ({
    name: `batch norm of ${shape.join('x')} in training`,
    kind: 'smooth',
    shapes: [shape, [shape.at(-1)!], [shape.at(-1)!]],
    apply: (x, scale, offset) => batchNormTraining(x, scale as tf.Tensor1D, offset as tf.Tensor1D),
  });
  return [
    training([3, 2, 3, 4]),
    training([9, 3]),
    {
      name: 'batch norm by given statistics',
      kind: 'smooth',
      shapes: [[2, 2, 3, 3], [3], [3], [3], [3]],
      apply: (x, mean, deviation, offset, scale) => {
        const variance = tf.add<tf.Tensor1D>(tf.square(deviation), 0.5);
        return tf.batchNorm(x, mean, variance, offset, scale);
      },
    },
  ];
}

function poolings(): Differentiable[] {
  return (
    [
      { size: 3, strides: 2, pad: 'same' },
      { size: 2, strides: 1, pad: 'valid' },
      { size: [2, 3], strides: [2, 1], pad: 1 },
    ] as const
  ).flatMap(({ size, strides, pad }) =>
    (['maxPool', 'avgPool'] as const).map((kind) => ({
      name: `${kind} by ${JSON.stringify(size)} strides ${JSON.stringify(strides)} pad ${pad}`,
      kind: kind === 'avgPool' ? ('linear' as const) : ('kinked' as const),
      shapes: [[1, 6, 5, 5]],
      apply: (x: tf.Tensor) => tf[kind](image(x), size as number, strides as number, pad),
    })),
  );
}

function pointwise(): Differentiable[] {
  const labels = () => tf.tensor2d([0.5, 0.3, 0.2, 0, 1, 0], [2, 3]);
  return [
    { name: 'relu', kind: 'kinked', shapes: [[2, 3, 3, 5]], apply: (x) => tf.relu(x) },
    { name: 'relu6', kind: 'kinked', shapes: [[2, 3, 3, 5]], apply: (x) => tf.relu6(tf.mul(x, 3)) },
    {
      name: 'sum of two tensors',
      kind: 'linear',
      shapes: [
        [2, 3, 5],
        [2, 3, 5],
      ],
      apply: (x, y) => tf.add(x, y),
    },
    {
      name: 'sum of a tensor and a vector',
      kind: 'linear',
      shapes: [[2, 3, 5], [5]],
      apply: (x, y) => tf.add(x, y),
    },
    { name: 'sums over leading axes', kind: 'linear', shapes: [[2, 3, 5]], apply: (x) => tf.sum(x, [0, 1]) },
    {
      name: 'means over height and width',
      kind: 'linear',
      shapes: [[2, 3, 2, 5]],
      apply: (x) => tf.mean(x, [1, 2]),
    },
    {
      name: 'softmax cross-entropy',
      kind: 'smooth',
      shapes: [[2, 3]],
      apply: (logits) => softmaxCrossEntropy(logits as tf.Tensor2D, labels()),
    },
  ];
}

function finiteDifferenceCase({ name, kind, shapes, apply }: Differentiable): ContractCase {
  return {
    name: `finite differences of ${name}`,
    async check(backend) {
      const random = createRandom(11).fork(name);
      const draw = kind === 'kinked' ? spacedValues : normalValues;
      const inputs = shapes.map((shape, index) =>
        draw(random.fork(index), tf.util.sizeFromShape([...shape])),
      );
      const evaluate = (values: readonly Float32Array[]) =>
        apply(...values.map((value, index) => tf.tensor(value, [...shapes[index]!])));
      const [outShape] = await valuesOn(backend, () => [tf.tensor(evaluate(inputs).shape)]);
      const dy = normalValues(random.fork('dy'), tf.util.sizeFromShape([...outShape!]));
      const gradients = await valuesOn(backend, () =>
        tf.grads(apply)(
          inputs.map((value, index) => tf.tensor(value, [...shapes[index]!])),
          tf.tensor(dy, [...outShape!]),
        ),
      );
      for (const [index, input] of inputs.entries()) {
        const places = somePlaces(random.fork('places', index), input.length);
        const slopes: number[] = [];
        for (const place of places) {
          const [after, before] = await valuesOn(backend, () =>
            [STEPS[kind], -STEPS[kind]].map((step) => {
              const shifted = input.slice();
              shifted[place]! += step;
              return evaluate(inputs.map((value, other) => (other === index ? shifted : value)));
            }),
          );
          // Summed in double precision.
          const rise = dy.reduce((sum, factor, at) => sum + factor * (after![at]! - before![at]!), 0);
          slopes.push(rise / (2 * STEPS[kind]));
        }
        const actual = places.map((place) => gradients[index]![place]!);
        expectClose(actual, slopes, 1e-3, `gradient of input ${index}`);
      }
    },
  };
}

function normalValues(random: Random, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => random.normal());
}

/** Values in random order, none nearer than two steps to another or to zero: no difference crosses a kink or a tie. */
function spacedValues(random: Random, count: number): Float32Array {
  return Float32Array.from(
    random.permutation(count),
    (place) => (place + 0.5 - count / 2) * 4 * STEPS.kinked,
  );
}

/** Places of values, all or some. */
function somePlaces(random: Random, count: number): number[] {
  return Array.from(random.permutation(count)).slice(0, MAXIMUM_VALUES);
}
