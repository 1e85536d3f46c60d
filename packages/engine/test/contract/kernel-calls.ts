import * as tf from '@tensorflow/tfjs-core';

/** A call of a kernel through its operation. */
export type KernelCall = (x: tf.Tensor, y: tf.Tensor) => tf.Tensor;

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

/** A call of each differentiable kernel on two tensors of 72 values; most want them between 0 and 1. */
export const DIFFERENTIABLE_KERNEL_CALLS: Readonly<Record<string, KernelCall>> = {
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
  'Conv3D/strided': (x, y) =>
    tf.conv3d(volume(x), weights(y, [2, 2, 2, 3, 2]) as tf.Tensor5D, [1, 2, 2], 'same'),
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

const flags = (x: tf.Tensor) => tf.greater(x, 0);
const whole = (x: tf.Tensor) => tf.cast(tf.mul(x, 4), 'int32');
const indices = (values: tf.TensorLike, shape: [number, number]) =>
  tf.tensor2d(values as number[], shape, 'int32');
const boxes = () => tf.tensor2d([0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 2, 1, 3, -1, -1, 0, 0], [4, 4]);

/** A call of each kernel that has no gradient; names with a slash are further calls of one kernel. */
export const OTHER_KERNEL_CALLS: Readonly<Record<string, KernelCall>> = {
  All: (x) => tf.all(flags(matrix(x)), 1),
  Any: (x) => tf.any(flags(matrix(x)), 1),
  'ArgMax/first axis': (x) => tf.argMax(matrix(x), 0),
  'ArgMin/last axis': (x) => tf.argMin(matrix(x), 1),
  'AvgPool/dilated': (x) => tf.pool(image(x), 2, 'avg', 'same', 2, 1),
  'BatchMatMul/batches': (x, y) => tf.matMul(tf.reshape(x, [4, 3, 6]), tf.reshape(y, [4, 3, 6]), false, true),
  Bincount: (x) => tf.bincount(tf.cast(tf.abs(tf.mul(x, 3)), 'int32') as tf.Tensor1D, tf.tensor1d([]), 12),
  BitwiseAnd: (x, y) => tf.bitwiseAnd(whole(x), whole(y)),
  'OneHot/float32': (x) => tf.oneHot(whole(x), 9, 0.9, 0.1, 'float32'),
  'OneHot/bool': (x) => tf.oneHot(whole(x), 9, 1, 0, 'bool'),
  'Cast/bool': (x) => tf.cast(tf.sub(tf.round(x), 1), 'bool'),
  'Cast/int32': (x) => whole(x),
  'Cast/bool of int32': (x) => tf.cast(tf.mul(whole(x), 64), 'bool'),
  CropAndResize: (x) =>
    tf.image.cropAndResize(image(x), boxes(), tf.tensor1d([0, 0, 0, 0], 'int32'), [3, 4], 'bilinear', -7),
  Cumprod: (x) => tf.cumprod(matrix(x), 1, true, true),
  'Cumsum/exclusive, reversed': (x) => tf.cumsum(matrix(x), 0, true, true),
  DenseBincount: (x) =>
    tf.denseBincount(
      tf.cast(tf.abs(tf.mul(matrix(x), 3)), 'int32') as tf.Tensor2D,
      tf.tensor2d([], [0, 0]),
      12,
    ),
  DepthToSpace: (x) => tf.depthToSpace(tf.reshape<tf.Rank.R4>(x, [1, 3, 3, 8]), 2),
  'DepthwiseConv2dNative/dilated': (x, y) =>
    tf.depthwiseConv2d(square(x), weights(y, [2, 2, 2, 3]) as tf.Tensor4D, 1, 'same', 'NHWC', 2),
  Diag: (x) => tf.diag(tf.slice(x, 0, 5)),
  'Dilation2D/valid': (x, y) =>
    tf.dilation2d(image(x), weights(y, [3, 2, 3]) as tf.Tensor3D, [1, 2], 'valid'),
  Einsum: (x, y) => tf.einsum('ij,jk->ik', matrix(x), tf.transpose(matrix(y))),
  'Einsum/of batches': (x, y) =>
    tf.einsum('bij,bjk->bki', tf.reshape(x, [4, 3, 6]), tf.reshape(y, [4, 6, 3])),
  Equal: (x, y) => tf.equal(tf.round(x), tf.round(y)),
  BroadcastArgs: () => tf.broadcastArgs(tf.tensor1d([2, 1, 3], 'int32'), tf.tensor1d([5, 1], 'int32')),
  Fill: () => tf.fill([2, 3], -3.5),
  FlipLeftRight: (x) => tf.image.flipLeftRight(image(x)),
  FusedConv2D: (x, y) =>
    tf.fused.conv2d({ x: image(x), filter: weights(y, [3, 2, 3, 4]) as tf.Tensor4D, strides: 1, pad: 'same', bias: weights(y, [4]), activation: 'leakyrelu', leakyreluAlpha: 0.3 }), // prettier-ignore
  FusedDepthwiseConv2D: (x, y) =>
    tf.fused.depthwiseConv2d({ x: image(x), filter: weights(y, [3, 2, 3, 1]) as tf.Tensor4D, strides: 1, pad: 'same', bias: weights(y, [3]), activation: 'relu6' }), // prettier-ignore
  GatherNd: (x) => tf.gatherND(matrix(x), indices([3, 0, 1, 17], [2, 2])),
  Greater: (x, y) => tf.greater(matrix(x), weights(y, [18])),
  LeakyRelu: (x) => tf.leakyRelu(x, 0.2),
  Less: (x, y) => tf.less(x, y),
  LessEqual: (x, y) => tf.lessEqual(tf.round(x), tf.round(y)),
  LinSpace: () => tf.linspace(-1, 1, 7),
  LogicalAnd: (x, y) => tf.logicalAnd(flags(x), flags(y)),
  LogicalNot: (x) => tf.logicalNot(flags(x)),
  LogicalOr: (x, y) => tf.logicalOr(flags(x), flags(y)),
  'Max/int32': (x) => tf.max(tf.reshape(tf.sub(whole(x), 30), [H, 18]), 1),
  'Max/of all': (x) => tf.max(tf.sub(x, 9)),
  'MaxPool/dilated': (x) => tf.pool(image(x), 2, 'max', 'same', 2, 1),
  'MaxPool3D/same': (x) => tf.maxPool3d(volume(x), [2, 3, 2], [1, 2, 1], 'same'),
  MaxPoolWithArgmax: (x) => tf.maxPoolWithArgmax(image(x), 2, 2, 'valid')['indexes']!,
  'Min/int32': (x) => tf.min(tf.reshape(tf.add(whole(x), 30), [H, 18]), 0),
  'MirrorPad/symmetric': (x) => tf.mirrorPad(matrix(x), [[1, 2], [3, 1]], 'symmetric'), // prettier-ignore
  'Mod/int32': (x) => tf.mod(whole(x), 3),
  'Multiply/int32': (x, y) => tf.mul(whole(x), whole(y)),
  NonMaxSuppressionV3: (x) =>
    tf.image.nonMaxSuppression(boxes(), tf.slice1d(tf.abs(x) as tf.Tensor1D, 0, 4), 3, 0.5),
  NonMaxSuppressionV4: (x) => tf.image.nonMaxSuppressionPadded(boxes(), tf.slice1d(tf.abs(x) as tf.Tensor1D, 0, 4), 3, 0.5, 0, true)['selectedIndices']!, // prettier-ignore
  NonMaxSuppressionV5: (x) => tf.image.nonMaxSuppressionWithScore(boxes(), tf.slice1d(tf.abs(x) as tf.Tensor1D, 0, 4), 3, 0.5, 0, 0.3)['selectedScores']!, // prettier-ignore
  NotEqual: (x, y) => tf.notEqual(tf.round(x), tf.round(y)),
  'PadV2/constant': (x) => tf.pad(matrix(x), [[1, 2], [0, 1]], -3.5), // prettier-ignore
  'Prelu/other axes': (x, y) => tf.prelu<tf.Tensor>(image(x), tf.reshape(weights(y, [4]), [4, 1, 1])),
  'Prelu/each value': (x, y) => tf.prelu<tf.Tensor>(image(x), tf.reshape(y, [4, 6, 3])),
  'Prod/int32': (x) => tf.prod(tf.reshape(tf.add(tf.mod(whole(x), 2), 1), [8, 9]), 1),
  Range: () => tf.range(5, -4, -2),
  'RealDiv/int32': (x) => tf.div(whole(x), tf.scalar(3, 'int32')),
  RotateWithOffset: (x) => tf.image.rotateWithOffset(image(x), 0.4, 0.5, [0.5, 0.4]),
  'RotateWithOffset/fills': (x) => tf.image.rotateWithOffset(image(x), -2, [0.2, 3, 0.7], 0.5),
  ScatterNd: (x) => tf.scatterND(indices([3, 1], [2, 1]), tf.reshape(tf.slice(x, 0, 8), [2, 4]), [5, 4]),
  SearchSorted: (x) => tf.searchSorted(tf.tensor1d([-1, 0, 1, 2]), tf.slice1d(x as tf.Tensor1D, 0, 9)),
  Sigmoid: (x) => tf.sigmoid(tf.mul(x, 30)),
  'Slice/two axes': (x) => tf.slice(volume(x), [0, 1, 2, 1, 1], [1, 1, 2, 2, 1]),
  SparseFillEmptyRows: (x) =>
    tf.sparse.sparseFillEmptyRows(indices([0, 0, 2, 1], [2, 2]), tf.slice1d(x as tf.Tensor1D, 0, 2), [4, 3], -2)['outputValues']!, // prettier-ignore
  SparseReshape: () => tf.sparse.sparseReshape(indices([0, 0, 2, 1], [2, 2]), tf.tensor1d([3, 4], 'int32'), tf.tensor1d([2, -1], 'int32'))['outputIndices']!, // prettier-ignore
  SparseSegmentMean: (x) => tf.sparse.sparseSegmentMean(matrix(x), tf.tensor1d([0, 2, 3], 'int32'), tf.tensor1d([0, 0, 1], 'int32')), // prettier-ignore
  SparseSegmentSum: (x) => tf.sparse.sparseSegmentSum(matrix(x), tf.tensor1d([0, 2, 3], 'int32'), tf.tensor1d([0, 0, 1], 'int32')), // prettier-ignore
  SparseToDense: (x) =>
    tf.sparseToDense(tf.tensor1d([1, 3], 'int32'), tf.slice1d(x as tf.Tensor1D, 0, 2), [5], -1),
  StridedSlice: (x) => tf.stridedSlice(tf.reshape(x, [4, 3, 6]), [3, 0, 5], [0, 3, 0], [-1, 2, -2]),
  'Sum/bool': (x) => tf.sum(flags(matrix(x)), 1),
  'Sum/int32': (x) => tf.sum(tf.reshape(whole(x), [H, 18]), 1),
  TensorScatterUpdate: (x) => tf.tensorScatterUpdate(matrix(x), indices([3, 1], [2, 1]), tf.ones([2, 18])),
  TopK: (x) => tf.topk(matrix(x), 4).values,
  'TopK/indices': (x) => tf.topk(matrix(x), 4).indices,
  Transform: (x) => tf.image.transform(image(x), tf.tensor2d([1, 0.1, 2, 0, 1, 1, 0, 0], [1, 8]), 'bilinear', 'reflect', 0), // prettier-ignore
  Unique: (x) => tf.unique(tf.round(tf.mul(x, 2)) as tf.Tensor1D).values,
};

/** What two kinds of values most often differ in between engines. */
const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1e-30, -1e30, 1e30, 2.5, -2.5, 0.5, -0.5, 1, -1, 3.5, -3.5, 88, -88, 100, -100, 20, -20, 0.49999997, 7]; // prettier-ignore

const VALUE_BY_VALUE = [
  'abs', 'acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'cos', 'cosh', 'elu', 'erf', 'exp', 'expm1', 'floor',
  'isFinite', 'isInf', 'isNaN', 'log', 'log1p', 'logSigmoid', 'neg', 'reciprocal', 'relu', 'relu6', 'round', 'rsqrt', 'selu',
  'sigmoid', 'sin', 'sinh', 'softplus', 'sqrt', 'square', 'step', 'tan', 'tanh',
] as const; // prettier-ignore
const PAIR_BY_PAIR = [
  'add', 'sub', 'mul', 'div', 'divNoNan', 'maximum', 'minimum', 'mod', 'pow', 'squaredDifference', 'atan2', 'equal', 'greater',
  'less', 'greaterEqual', 'lessEqual', 'notEqual',
] as const; // prettier-ignore

/** Operations on numbers that are no ordinary ones, alone and in pairs. */
export const SPECIAL_VALUE_CALLS: Readonly<Record<string, () => tf.Tensor>> = Object.fromEntries([
  ...VALUE_BY_VALUE.map((name) => [name, () => tf[name](tf.tensor1d(SPECIAL))] as const),
  ['clipByValue', () => tf.clipByValue(SPECIAL, -3, 3)] as const,
  ['max', () => tf.max(tf.tensor2d(SPECIAL, [8, 3]), 1)] as const,
  ['min', () => tf.min(tf.tensor2d(SPECIAL, [8, 3]), 1)] as const,
  ['softmax', () => tf.softmax(tf.tensor2d(SPECIAL.slice(3), [7, 3]))] as const,
  ...PAIR_BY_PAIR.map((name) => {
    // Every number meets every fifth other.
    const a = SPECIAL.flatMap((value) => [value, value, value, value, value]);
    const b = SPECIAL.flatMap((_, row) =>
      [0, 5, 10, 15, 20].map((step) => SPECIAL[(row + step) % SPECIAL.length]!),
    );
    return [name, () => tf[name](tf.tensor1d(a), tf.tensor1d(b))] as const;
  }),
]);
