import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, batchNormalization, FUSED_KERNELS, ZooError } from '@zoo/core';

/** Replaces values by their sums over all ranks, while this thread is blocked. */
export type SumNow = (values: Float64Array) => void;

/** Batch normalisation by the statistics of all ranks' examples. */
export interface SyncBatchNorm {
  /**
   * Runs `step`, in which batch normalisation in training exchanges its sums with the other ranks, forward and backward.
   *
   * @param counts False for a rank that has no examples and runs along on a stand-in, whose sums then count nothing.
   */
  run<Result>(counts: boolean, step: () => Result): Result;
}

/**
 * Takes the place of the kernels of `FUSED_KERNELS` that normalise by the batch while a step runs, so that neither layers nor engines
 * know of ranks. What an engine has in their place computes the local statistics.
 *
 * Means and mean squares of the ranks are put together in double precision, weighted by their counts; the gradient is that of
 * Ioffe and Szegedy 2015, section 3, with the sums over all ranks.
 *
 * @throws ZooError `unsupported` on webgpu, whose tensors can't be read in the middle of a step.
 * @throws ArgumentError if a layer of `model` is a stock BatchNormalization, which asks for no such kernel.
 */
export function createSyncBatchNorm(sumNow: SumNow, model: tfl.LayersModel): SyncBatchNorm {
  expectSynchronousReads();
  expectOwnLayers(model);
  return {
    run: (counts, step) => {
      const backendName = tf.getBackend();
      const stock = takeAway(backendName);
      const kernels = kernelsFor(sumNow, stock, counts);
      try {
        for (const [kernelName, kernelFunc] of kernels) {
          tf.registerKernel({ kernelName, backendName, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
        }
        return step();
      } finally {
        for (const [kernelName] of kernels) tf.unregisterKernel(kernelName, backendName);
        for (const kernel of stock.values()) tf.registerKernel(kernel);
      }
    },
  };
}

const NAMES = [FUSED_KERNELS.batchNorm, FUSED_KERNELS.batchNormGrad, FUSED_KERNELS.batchNormMoving];

function takeAway(backendName: string): Map<string, tf.KernelConfig> {
  const taken = new Map<string, tf.KernelConfig>();
  for (const name of NAMES) {
    const kernel = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
    if (kernel === undefined) continue;
    taken.set(name, kernel);
    tf.unregisterKernel(name, backendName);
  }
  return taken;
}

interface KernelCall {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly attrs: { readonly epsilon: number; readonly momentum: number };
  readonly backend: object;
}

type Kernel = (call: KernelCall) => tf.Tensor[];

type Stock = ReadonlyMap<string, tf.KernelConfig>;

function kernelsFor(sumNow: SumNow, stock: Stock, counts: boolean): [string, Kernel][] {
  const statisticsOf = (call: KernelCall): Statistics =>
    combined(sumNow, localStatistics(stock, call), rowsOf(call.inputs['x']!), counts);
  const forward = (call: KernelCall, { mean, variance }: Statistics): [tf.Tensor, tf.Tensor] => {
    const { x, scale, offset } = call.inputs as Record<'x' | 'scale' | 'offset', tf.Tensor1D>;
    const rows = asRows(x);
    const normalized = tf.batchNorm(rows, mean, variance, offset, scale, call.attrs.epsilon);
    return [tf.reshape(normalized, x.shape), tf.rsqrt(tf.add(variance, call.attrs.epsilon))];
  };
  const kernels: [string, Kernel][] = [
    [
      FUSED_KERNELS.batchNorm,
      (call) => {
        const statistics = statisticsOf(call);
        const [normalized, reserve] = forward(call, statistics);
        return [normalized, statistics.mean, statistics.variance, reserve];
      },
    ],
    [
      FUSED_KERNELS.batchNormMoving,
      (call) => {
        const statistics = statisticsOf(call);
        const [normalized, reserve] = forward(call, statistics);
        const { mean, variance, rows } = statistics;
        const { movingMean, movingVariance } = call.inputs;
        move(movingMean!, mean, call.attrs.momentum);
        move(movingVariance!, tf.mul(variance, rows / Math.max(1, rows - 1)), call.attrs.momentum);
        return [normalized, mean, reserve];
      },
    ],
    [FUSED_KERNELS.batchNormGrad, (call) => gradients(sumNow, localGradients(stock, call), call, counts)],
  ];
  return kernels.map(([name, kernel]) => [name, (call) => tf.tidy(() => kernel(call))]);
}

/** Mean and biased variance of each channel over so many rows. */
interface Statistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  readonly rows: number;
}

function localStatistics(stock: Stock, call: KernelCall): Omit<Statistics, 'rows'> {
  const kernel = stock.get(FUSED_KERNELS.batchNorm);
  if (kernel !== undefined) {
    const [, mean, variance] = runStock(kernel, call) as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
    return { mean, variance };
  }
  const rows = asRows(call.inputs['x']!);
  const mean = tf.mean<tf.Tensor1D>(rows, 0);
  return { mean, variance: tf.mean<tf.Tensor1D>(tf.square(tf.sub(rows, mean)), 0) };
}

/** Of all ranks: sums of rows, means and mean squares in double precision, where what the means have in common takes nothing away. */
function combined(
  sumNow: SumNow,
  { mean, variance }: Omit<Statistics, 'rows'>,
  rows: number,
  counts: boolean,
): Statistics {
  const channels = mean.size;
  const sums = new Float64Array(2 * channels + 1);
  if (counts) {
    const own = readNow(mean, variance);
    sums[2 * channels] = rows;
    for (let c = 0; c < channels; c++) {
      sums[c] = rows * own[c]!;
      sums[channels + c] = rows * (own[channels + c]! + own[c]! ** 2);
    }
  }
  sumNow(sums);
  const total = sums[2 * channels]!;
  const [allMeans, allVariances] = [new Float32Array(channels), new Float32Array(channels)];
  for (let c = 0; c < channels; c++) {
    const center = sums[c]! / total;
    allMeans[c] = center;
    allVariances[c] = Math.max(0, sums[channels + c]! / total - center ** 2);
  }
  return { mean: tf.tensor1d(allMeans), variance: tf.tensor1d(allVariances), rows: total };
}

/**
 * The values of both, by one read that waits for the engine.
 *
 * It can't be asynchronous: a layer's call returns its output, which hangs on the sums of all ranks, and TensorFlow.js' layers and gradients
 * return tensors, not promises. On wasm, cpu and tensorflow without a card the values are there already, and nothing is waited for.
 */
function readNow(first: tf.Tensor1D, second: tf.Tensor1D): Float32Array {
  return tf.concat([first, second]).dataSync<'float32'>();
}

function move(average: tf.Tensor, value: tf.Tensor, momentum: number): void {
  if (!(average instanceof tf.Variable)) throw new TypeError('Moving averages are variables.');
  average.assign(tf.add(average, tf.mul(tf.sub(value, average), 1 - momentum)));
}

/** Gradients as one rank has them, the first by its own sums. */
type Gradients = [dx: tf.Tensor, dScale: tf.Tensor1D, dOffset: tf.Tensor1D];

function localGradients(stock: Stock, call: KernelCall): Gradients {
  const kernel = stock.get(FUSED_KERNELS.batchNormGrad);
  if (kernel !== undefined) return runStock(kernel, call) as Gradients;
  const { dy, x, scale, batchMean, reserve } = call.inputs as Record<string, tf.Tensor>;
  const rows = asRows(dy!);
  const standardized = tf.mul(tf.sub(asRows(x!), batchMean!), reserve!);
  const dOffset = tf.sum<tf.Tensor1D>(rows, 0);
  const dScale = tf.sum<tf.Tensor1D>(tf.mul(rows, standardized), 0);
  const count = rows.shape[0];
  const centered = tf.sub(tf.sub(rows, tf.div(dOffset, count)), tf.mul(standardized, tf.div(dScale, count)));
  return [tf.reshape(tf.mul(centered, tf.mul(scale!, reserve!)), x!.shape), dScale, dOffset];
}

/**
 * Puts the sums of all ranks in the place of this rank's own in the gradient of x, which is linear in them: a line in x for each
 * channel is added. Gradients of scale and offset stay this rank's, as those of all other weights.
 */
function gradients(
  sumNow: SumNow,
  [dx, dScale, dOffset]: Gradients,
  { inputs }: KernelCall,
  counts: boolean,
): tf.Tensor[] {
  const { x, scale, batchMean, reserve } = inputs as Record<string, tf.Tensor>;
  const channels = dScale.size;
  const [rows, sums] = [rowsOf(x!), new Float64Array(2 * channels + 1)];
  const own = readNow(dScale, dOffset);
  if (counts) {
    sums.set(own);
    sums[2 * channels] = rows;
  }
  sumNow(sums);
  const total = sums[2 * channels]!;
  // In double precision: the two are close to each other.
  const difference = (from: number): tf.Tensor1D =>
    tf.tensor1d(
      Float32Array.from({ length: channels }, (_, c) => own[from + c]! / rows - sums[from + c]! / total),
    );
  const factor = tf.mul(scale!, reserve!);
  const slope = tf.mul<tf.Tensor1D>(tf.mul(factor, reserve!), difference(0));
  const height = tf.mul<tf.Tensor1D>(factor, difference(channels));
  const line = tf.batchNorm(
    asRows(x!),
    batchMean as tf.Tensor1D,
    withoutEpsilon(channels),
    height,
    slope,
    EPSILON,
  );
  return [tf.add(dx, tf.reshape(line, dx.shape)), dScale, dOffset];
}

const EPSILON = 0.25;
/** A variance that {@link EPSILON} makes 1: batch normalisation is then `(x - mean) * slope + height`, in one pass where engines have it. */
const withoutEpsilon = (channels: number): tf.Tensor1D => tf.fill([channels], 1 - EPSILON);

function runStock({ kernelFunc }: tf.KernelConfig, { inputs, attrs, backend }: KernelCall): tf.Tensor[] {
  const outputs = kernelFunc({ inputs, attrs: { ...attrs }, backend });
  const list: tf.TensorInfo[] = Array.isArray(outputs) ? outputs : [outputs];
  return list.map((output): tf.Tensor =>
    output instanceof tf.Tensor ? (output as tf.Tensor) : tf.engine().makeTensorFromTensorInfo(output),
  );
}

const rowsOf = (x: tf.Tensor): number => x.size / x.shape[x.rank - 1]!;

function asRows(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1]!]);
}

function expectSynchronousReads(): void {
  if (!['webgpu', 'webgl'].includes(tf.getBackend())) return;
  throw new ZooError(
    'unsupported',
    `Batch normalisation over all ranks reads sums in the middle of a step, which ${tf.getBackend()} can't do. ` +
      'Leave out `syncBatchNorm`: statistics are then those of each rank, and their moving averages the mean over the ranks.',
  );
}

function expectOwnLayers(model: tfl.LayersModel): void {
  const own = batchNormalization({ name: 'probe' }).constructor;
  for (const layer of model.layers) {
    if ('layers' in layer) expectOwnLayers(layer as unknown as tfl.LayersModel);
    else if (layer.getClassName() === 'BatchNormalization' && layer.constructor !== own) {
      throw new ArgumentError(
        'options.distributed.syncBatchNorm',
        'batch normalisation layers made by `batchNormalization` of @zoo/core',
        layer.name,
        'Build or load the model with the zoo, or leave `syncBatchNorm` out.',
      );
    }
  }
}
