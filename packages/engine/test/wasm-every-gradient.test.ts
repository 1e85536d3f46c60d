import * as tf from '@tensorflow/tfjs';
import { batchNormalization, createRandom } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/wasm/start-wasm';

import { expectClose, randomTensor, valuesOn } from './contract/contract-case';

/**
 * Any TensorFlow.js model trains on wasm: the gradient of every kernel that TensorFlow.js has one for, called there and on cpu.
 *
 * A gradient whose kernel lacks here is an error in the walk; the day TensorFlow.js adds one, the first test says so.
 */
type Call = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

const [H, W] = [4, 6];
const image = (x: tf.Tensor) => tf.reshape<tf.Rank.R4>(x, [1, H, W, 3]);
/** Of equal sides: tfjs's cpu engine exchanges them in the gradient of a bilinear resize. */
const square = (x: tf.Tensor) => tf.reshape<tf.Rank.R4>(x, [1, 6, 6, 2]);
const volume = (x: tf.Tensor) => tf.reshape<tf.Rank.R5>(x, [1, 2, H, W / 2, 3]);
const matrix = (x: tf.Tensor) => tf.reshape<tf.Rank.R2>(x, [H, 18]);
/** Weights for `image` or `volume`, from the second operand's first values. */
const weights = (y: tf.Tensor, shape: number[]) =>
  tf.reshape(tf.slice(tf.reshape(y, [-1]), 0, tf.util.sizeFromShape(shape)), shape);
const statistics = (y: tf.Tensor) => weights(y, [3]) as tf.Tensor1D;

const ALTERNATING = Array.from({ length: 72 }, (_, index) => index % 2);

/** A call of each differentiable kernel on two tensors of 72 values between 0.1 and 0.9. */
const CALLS: Readonly<Record<string, Call>> = {
  Abs: tf.abs,
  Acos: tf.acos,
  Acosh: (x) => tf.acosh(tf.add(x, 1)),
  Add: tf.add,
  AddN: (x, y) => tf.addN([x, y]),
  ArgMax: (x) => tf.add(tf.argMax(x), tf.sum(x)),
  ArgMin: (x) => tf.add(tf.argMin(x), tf.sum(x)),
  Asin: tf.asin,
  Asinh: tf.asinh,
  Atan: tf.atan,
  Atan2: tf.atan2,
  Atanh: tf.atanh,
  AvgPool: (x) => tf.avgPool(image(x), 2, 2, 'same'),
  AvgPool3D: (x) => tf.avgPool3d(volume(x), 2, 1, 'valid'),
  BatchMatMul: (x, y) => tf.matMul(matrix(x), matrix(y), true),
  BatchToSpaceND: (x) => tf.batchToSpaceND(tf.reshape(x, [4, 3, 6]), [2, 2], [[0, 1], [1, 0]]), // prettier-ignore
  BroadcastTo: (x) => tf.broadcastTo(tf.reshape(x, [H, 1, 18]), [H, 5, 18]),
  Cast: (x) => tf.cast(x, 'float32'),
  Ceil: (x, y) => tf.mul(tf.ceil(x), y),
  ClipByValue: (x) => tf.clipByValue(x, 0.3, 0.7),
  Concat: (x, y) => tf.concat([matrix(x), matrix(y)], 1),
  Conv2D: (x, y) => tf.conv2d(image(x), weights(y, [3, 2, 3, 4]) as tf.Tensor4D, 2, 'same'),
  Conv2DBackpropInput: (x, y) =>
    tf.conv2dTranspose(image(x), weights(y, [2, 2, 2, 3]) as tf.Tensor4D, [1, H * 2, W * 2, 2], 2, 'same'),
  Conv3D: (x, y) => tf.conv3d(volume(x), weights(y, [2, 2, 2, 3, 2]) as tf.Tensor5D, 1, 'same'),
  Cos: tf.cos,
  Cosh: tf.cosh,
  Cumsum: (x) => tf.cumsum(matrix(x), 1),
  DepthwiseConv2dNative: (x, y) =>
    tf.depthwiseConv2d(image(x), weights(y, [3, 3, 3, 2]) as tf.Tensor4D, 2, 'same'),
  Dilation2D: (x, y) => tf.dilation2d(image(x), weights(y, [2, 2, 3]) as tf.Tensor3D, 1, 'same'),
  Elu: (x) => tf.elu(tf.sub(x, 0.5)),
  Erf: tf.erf,
  Exp: tf.exp,
  ExpandDims: (x) => tf.expandDims(x, 0),
  Expm1: tf.expm1,
  Floor: (x, y) => tf.mul(tf.floor(x), y),
  FloorDiv: (x, y) => tf.mul(tf.floorDiv(x, y), y),
  FusedBatchNorm: (x, y) =>
    tf.batchNorm(image(x), statistics(y), statistics(tf.square(y)), statistics(tf.neg(y)), statistics(y)),
  GatherV2: (x) => tf.gather(matrix(x), tf.tensor1d([3, 0, 3, 1], 'int32'), 1),
  GreaterEqual: (x, y) => tf.mul(tf.cast(tf.greaterEqual(x, y), 'float32'), x),
  Identity: (x) => tf.clone(x),
  IsFinite: (x) => tf.mul(tf.cast(tf.isFinite(x), 'float32'), x),
  IsInf: (x) => tf.mul(tf.cast(tf.isInf(x), 'float32'), x),
  IsNan: (x) => tf.mul(tf.cast(tf.isNaN(x), 'float32'), x),
  LRN: (x) => tf.localResponseNormalization(image(x), 2),
  LeakyRelu: (x) => tf.leakyRelu(tf.sub(x, 0.5), 0.3),
  Log: tf.log,
  Log1p: tf.log1p,
  LogSoftmax: (x) => tf.logSoftmax(matrix(x)),
  Max: (x) => tf.max(matrix(x), 1),
  MaxPool: (x) => tf.maxPool(image(x), 3, 2, 'same'),
  MaxPool3D: (x) => tf.maxPool3d(volume(x), 2, 1, 'valid'),
  Maximum: tf.maximum,
  Mean: (x) => tf.mean(image(x), [1, 2]),
  Min: (x) => tf.min(matrix(x), 1),
  Minimum: tf.minimum,
  MirrorPad: (x) => tf.mirrorPad(matrix(x), [[1, 2], [0, 1]], 'reflect'), // prettier-ignore
  Mod: tf.mod,
  Multiply: (x, y) => tf.mul(matrix(x), weights(y, [18])),
  Neg: tf.neg,
  OneHot: (x) => tf.mul(tf.oneHot(tf.range(0, H, 1, 'int32'), 18), matrix(x)),
  OnesLike: (x) => tf.mul(tf.onesLike(x), x),
  Pack: (x, y) => tf.stack([x, y], 1),
  PadV2: (x) => tf.pad(matrix(x), [[1, 2], [0, 1]]), // prettier-ignore
  Pow: tf.pow,
  Prelu: (x, y) => tf.prelu(tf.sub(image(x), 0.5), weights(y, [3])),
  Prod: (x) => tf.prod(matrix(x), 1),
  RealDiv: tf.div,
  Reciprocal: tf.reciprocal,
  Relu: (x) => tf.relu(tf.sub(x, 0.5)),
  Relu6: (x) => tf.relu6(tf.mul(tf.sub(x, 0.5), 20)),
  Reshape: (x) => tf.reshape(x, [8, 9]),
  ResizeBilinear: (x) => tf.image.resizeBilinear(square(x), [7, 5]),
  ResizeNearestNeighbor: (x) => tf.image.resizeNearestNeighbor(image(x), [7, 5]),
  Reverse: (x) => tf.reverse(matrix(x), 1),
  Round: (x, y) => tf.mul(tf.round(x), y),
  Rsqrt: tf.rsqrt,
  Select: (x, y) => tf.where(tf.cast(tf.tensor(ALTERNATING), 'bool'), x, y),
  Selu: (x) => tf.selu(tf.sub(x, 0.5)),
  Sigmoid: tf.sigmoid,
  Sign: (x, y) => tf.mul(tf.sign(tf.sub(x, 0.5)), y),
  Sin: tf.sin,
  Sinh: tf.sinh,
  Slice: (x) => tf.slice(matrix(x), [1, 2], [2, 9]),
  Softmax: (x) => tf.softmax(matrix(x)),
  Softplus: tf.softplus,
  SpaceToBatchND: (x) => tf.spaceToBatchND(image(x), [2, 2], [[0, 0], [1, 1]]), // prettier-ignore
  SplitV: (x) => tf.split(matrix(x), [5, 13], 1)[1]!,
  Sqrt: tf.sqrt,
  Square: tf.square,
  SquaredDifference: tf.squaredDifference,
  Step: (x, y) => tf.mul(tf.step(tf.sub(x, 0.5)), y),
  Sub: tf.sub,
  Sum: (x) => tf.sum(matrix(x), 1),
  Tan: tf.tan,
  Tanh: tf.tanh,
  Tile: (x) => tf.tile(matrix(x), [2, 3]),
  Transpose: (x) => tf.transpose(image(x), [0, 3, 1, 2]),
  Unpack: (x) => tf.unstack(matrix(x), 1)[3]!,
  UnsortedSegmentSum: (x) => tf.unsortedSegmentSum(matrix(x), tf.tensor1d([2, 0, 2, 1], 'int32'), 4),
  ZerosLike: (x, y) => tf.mul(tf.add(tf.zerosLike(x), x), y),
};

/** Complex numbers, which TensorFlow.js' wasm backend does not have. */
const ABSENT = ['ComplexAbs'];

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

test('every kernel that TensorFlow.js has a gradient for is called below', () => {
  const kernelNames = Object.values(tf as object).filter(
    (value): value is string => typeof value === 'string',
  );
  const differentiable = new Set(
    kernelNames.filter((name) => (tf.getGradient(name) as unknown) !== undefined),
  );
  expect([...Object.keys(CALLS), ...ABSENT].sort()).toEqual([...differentiable].sort());
});

describe('has on wasm the gradient that it has on cpu:', () => {
  test.each(Object.entries(CALLS))('%s', async (name, call) => {
    const gradients = () => {
      const random = createRandom(4).fork(name);
      const [x, y] = [1, 2].map(() =>
        tf.tensor(Float32Array.from({ length: 72 }, () => 0.1 + 0.8 * random.uniform())),
      );
      // Half of both so that an operand that the call does not use has a gradient as well.
      const apply = (a: tf.Tensor, b: tf.Tensor) =>
        tf.add(tf.sum(call(a, b)), tf.sum(tf.mul(tf.add(a, b), 0.5)));
      const { value, grads } = tf.valueAndGrads(apply)([x!, y!]);
      return [value, ...grads];
    };
    const expected = await valuesOn('cpu', gradients);
    const actual = await valuesOn('wasm', gradients);
    actual.forEach((values, index) => {
      expectClose(values, expected[index]!, 1e-4, ['the value', "x's gradient", "y's gradient"][index]!);
    });
  });
});

test('a small MobileNet of tf.layers has the losses that it has on cpu', async () => {
  const losses = async (backend: string) => {
    await tf.setBackend(backend);
    const random = createRandom(6);
    const block = (filters: number, strides: number) => [
      tf.layers.depthwiseConv2d({ kernelSize: 3, strides, padding: 'same', useBias: false }),
      batchNormalization({ epsilon: 0.01 }),
      tf.layers.reLU({ maxValue: 6 }),
      tf.layers.conv2d({ filters, kernelSize: 1 }),
      tf.layers.prelu({ sharedAxes: [1, 2] }),
    ];
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [12, 12, 3], filters: 8, kernelSize: 3, strides: 2, padding: 'same' }),
        ...block(12, 1),
        ...block(20, 2),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    for (const [index, weight] of model.trainableWeights.entries()) {
      const value = randomTensor(random.fork(index), weight.shape as number[]);
      const scaled = tf.mul(value, 0.3);
      weight.write(scaled);
      tf.dispose([value, scaled]);
    }
    const x = randomTensor(random.fork('x'), [4, 12, 12, 3]);
    const labels = tf.tidy(() => tf.oneHot([0, 1, 2, 1], 3));
    const optimizer = tf.train.adam(0.01);
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    const values: number[] = [];
    for (let step = 0; step < 4; step++) values.push((await model.trainOnBatch(x, labels)) as number);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, labels]);
    return values;
  };
  const expected = await losses('cpu');
  expect(expected.at(-1)).toBeLessThan(expected[0]!);
  expectClose(await losses('wasm'), expected, 1e-4, 'the losses');
});
