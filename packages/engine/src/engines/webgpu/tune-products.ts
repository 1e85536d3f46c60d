import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

import type { Product } from './kernels/product';
import { runProductBy } from './kernels/run-product';
import { sharedBytesOf, threadsOf } from './kernels/tile-shape';
import { TileTable, type ProductKind, type ProductPlan, type ProductSize } from './kernels/tile-table';
import { UniformBlock } from './kernels/uniform-block';
import { floats, spread } from './kernels/wgsl';
import { runningContext } from './running-engine';
import type { WebgpuContext } from './webgpu-context';

/** A plan and how fast it was. */
export interface TimedPlan extends ProductPlan {
  readonly durationMs: number;
  readonly gflops: number;
  /** The largest difference from the first plan's results, over the largest of those. */
  readonly difference: number;
}

/** A product and all plans for it, the fastest first. */
export interface TunedProduct {
  readonly kind: ProductKind;
  readonly variant: string;
  readonly size: ProductSize;
  /** How often the run computed it. */
  readonly count: number;
  readonly plans: readonly TimedPlan[];
}

/** Options of {@link tuneProducts}. */
export interface TuneProductsOptions {
  /** Plans to time for a product. Default: {@link candidatePlans}. */
  readonly plansFor?: (context: WebgpuContext, product: Product) => readonly ProductPlan[];
  /** Milliseconds that each plan is timed for, about. Default 5. */
  readonly durationMs?: number;
  /** Called before each product. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called after each product. */
  readonly onProduct?: (product: TunedProduct) => void;
  /** Asked before each product: true ends the tuning, the rest stays as it is. */
  readonly isEnough?: () => boolean;
}

/** A plan whose results differ by more than rounding is not taken. */
const ACCEPTED_DIFFERENCE = 1e-3;

/**
 * Times every plan for each matrix product and convolution that `run` computes, and lets the engine use the fastest from now on.
 *
 * @param run Computes what is to be fast, such as one training step.
 */
export async function tuneProducts(
  context: WebgpuContext,
  run: () => Promise<void> | void,
  { plansFor = candidatePlans, durationMs = 5, onProgress, onProduct, isEnough }: TuneProductsOptions = {},
): Promise<TunedProduct[]> {
  const products = await productsOf(context, run);
  const weight = ({ product, count }: { product: Product; count: number }) => count * operationsOf(product);
  const heaviestFirst = [...products].sort(([, a], [, b]) => weight(b) - weight(a));
  const tuned: TunedProduct[] = [];
  for (const [key, { product, count }] of heaviestFirst) {
    if (isEnough?.() === true) break;
    onProgress?.(tuned.length, products.size);
    const plans = await timePlans(context, product, plansFor(context, product), durationMs);
    const best = plans[0];
    if (best !== undefined) context.products.tiles.set(key, { tile: best.tile, splits: best.splits });
    const { kind, variant, size } = product;
    const done = { kind, variant, size, count, plans };
    onProduct?.(done);
    tuned.push(done);
  }
  return tuned;
}

async function productsOf(
  context: WebgpuContext,
  run: () => Promise<void> | void,
): Promise<Map<string, { product: Product; count: number }>> {
  const products = new Map<string, { product: Product; count: number }>();
  context.products.onProduct = (product) => {
    const key = TileTable.key(product.kind, product.size);
    const known = products.get(key);
    if (known === undefined) products.set(key, { product, count: 1 });
    else known.count += 1;
  };
  try {
    await run();
  } finally {
    delete context.products.onProduct;
  }
  return products;
}

/** All tiles that the card can run and of which not most would lie outside the product, with some splits of the depth. */
export function candidatePlans(context: WebgpuContext, { size, canSplit = true }: Product): ProductPlan[] {
  const tiles = context.products.tiles.candidates.filter(
    (tile) =>
      threadsOf(tile) <= context.limit('maxComputeInvocationsPerWorkgroup') &&
      sharedBytesOf(tile, context.products.precision === 'float16') <=
        context.limit('maxComputeWorkgroupStorageSize') &&
      (tile.rows <= size.rows || tile.rows <= 64) &&
      (tile.columns <= size.columns || tile.columns <= 64),
  );
  return tiles.flatMap((tile) => {
    const count = Math.ceil(size.rows / tile.rows) * Math.ceil(size.columns / tile.columns) * size.batches;
    // Two to eight workgroups for each multiprocessor of a large card.
    const splits = [1, ...[256, 512, 1024].map((wanted) => Math.round(wanted / count))].filter(
      (split) => split === 1 || (canSplit && split > 1 && size.depth / split >= 64 && split <= 256),
    );
    return [...new Set(splits)].map((split) => ({ tile, splits: split }));
  });
}

async function timePlans(
  context: WebgpuContext,
  product: Product,
  plans: readonly ProductPlan[],
  durationMs: number,
): Promise<TimedPlan[]> {
  // The recorded tensors are disposed; other tensors reuse their buffers.
  const operands = [product.left.tensor, product.right.tensor].map(({ shape }) => noise(context, shape));
  const [left, right] = operands as [tf.Tensor, tf.Tensor];
  const again = {
    ...product,
    left: { ...product.left, tensor: left },
    right: { ...product.right, tensor: right },
    epilogue: {},
  };
  const timed: TimedPlan[] = [];
  let expected: tf.Tensor | undefined;
  for (const plan of plans) {
    const result = tf.engine().makeTensorFromTensorInfo(context.output(product.result.shape));
    const run = () => context.calling(() => runProductBy(context, { ...again, result }, plan));
    const durations = await time(context, run, durationMs);
    const difference = expected === undefined ? 0 : await relativeDifference(result, expected);
    timed.push({
      ...plan,
      durationMs: durations,
      gflops: operationsOf(product) / durations / 1e6,
      difference,
    });
    if (expected === undefined) expected = result;
    else result.dispose();
  }
  tf.dispose([left, right]);
  expected?.dispose();
  const order = (plan: TimedPlan) => (plan.difference <= ACCEPTED_DIFFERENCE ? plan.durationMs : Infinity);
  return timed.sort((a, b) => order(a) - order(b));
}

/** Multiplications and additions; the phases of a strided input gradient share the taps. */
function operationsOf({ kind, size }: Product): number {
  const { rows, columns, depth, batches } = size;
  return 2 * rows * columns * depth * (kind === 'matMul' ? batches : 1);
}

/** Milliseconds of a run: after one to compile and one to guess how many fit in `durationMs`. */
async function time(context: WebgpuContext, run: () => void, durationMs: number): Promise<number> {
  const timeRuns = async (count: number) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) run();
    context.stream.submit();
    await context.device.queue.onSubmittedWorkDone();
    return performance.now() - start;
  };
  await timeRuns(1);
  const guess = await timeRuns(1);
  const count = Math.min(100, Math.max(1, Math.round(durationMs / guess)));
  const first = (await timeRuns(count)) / count;
  return Math.min(first, (await timeRuns(count)) / count);
}

async function relativeDifference(actual: tf.Tensor, expected: tf.Tensor): Promise<number> {
  const [difference, largest] = tf.tidy((): [tf.Tensor, tf.Tensor] => [
    tf.max(tf.abs(tf.sub(actual, expected))),
    tf.max(tf.abs(expected)),
  ]);
  const [[a = Number.NaN], [b = Number.NaN]] = await Promise.all([
    difference.data<'float32'>(),
    largest.data<'float32'>(),
  ]);
  tf.dispose([difference, largest]);
  return a / b;
}

const NOISE_BLOCK = new UniformBlock({ count: 'u32', across: 'u32' });

/** A tensor of numbers in (-1, 1) that repeat nowhere near: zeros would draw less power than real values and be faster. */
function noise(context: WebgpuContext, shape: readonly number[]): tf.Tensor {
  const result = context.output(shape);
  const count = tf.util.sizeFromShape([...shape]);
  const { across, down } = spread(context, Math.ceil(count / 256));
  context.dispatch({
    shader: {
      label: 'noise',
      key: 'noise',
      code: () => `
${floats(0, 'read_write', 'result', false)}
${NOISE_BLOCK.declaration(1)}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let at = (group.x + group.y * sizes.across) * 256u + thread;
  if (at >= sizes.count) { return; }
  // PCG's output permutation, of the place (Jarzynski and Olano 2020).
  let state = at * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  result[at] = f32((word >> 22u) ^ word) / 2147483648.0 - 1.0;
}`,
    },
    bindings: [result],
    uniforms: NOISE_BLOCK.values({ count, across }),
    workgroups: [across, down, 1],
  });
  return tf.engine().makeTensorFromTensorInfo(result);
}

/**
 * Times how the running WebGPU engine can compute each matrix product and convolution of `run`, and lets it use the fastest ways.
 *
 * @throws ZooError 'engine-unavailable' if the current engine is not WebGPU, started by `selectEngine`.
 */
export async function tuneWebgpuProducts(
  run: () => Promise<void> | void,
  options: TuneProductsOptions = {},
): Promise<TunedProduct[]> {
  const context = runningContext();
  if (context === undefined) {
    throw new ZooError(
      'engine-unavailable',
      "Expected the WebGPU engine to run but found none to tune. Start it with `selectEngine({ prefer: 'webgpu' })`.",
    );
  }
  return tuneProducts(context, run, options);
}
