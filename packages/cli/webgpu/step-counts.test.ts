import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type Batch, type BatchSource } from '@zoo/core';
import { profileKernels, selectEngine, type SelectedEngine } from '@zoo/engine';
import { resnet50 } from '@zoo/resnet';
import {
  fit,
  lamb,
  lars,
  lion,
  scheduleFreeAdamW,
  sgd,
  type DistributedOptions,
  type Optimizer,
} from '@zoo/train';
import { oneProcess } from '@zoo/train/distributed';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { importDawn } from '../../engine/src/engines/webgpu/dawn';
import { runningContext } from '../../engine/src/engines/webgpu/running-engine';

const CLASSES = 10;
const BYTES_A_VALUE = 4;
/** Kernels whose results are their inputs by another name. */
const VIEWS = ['Reshape', 'Identity', 'Cast'];

/** Black pictures of the first class. */
function blackPictures(steps: number, batchSize: number, size: number): BatchSource {
  const makeBatch = (): Batch => ({
    images: tf.zeros([batchSize, size, size, 3]),
    labels: tf.tidy(
      () => tf.cast(tf.oneHot(Array<number>(batchSize).fill(0), CLASSES), 'float32') as tf.Tensor2D,
    ),
    sources: [],
  });
  return {
    classNames: Array.from({ length: CLASSES }, (_, index) => `class ${index}`),
    imageShape: [size, size, 3],
    exampleCount: steps * batchSize,
    batchSize,
    batchesPerEpoch: steps,

    batches: async function* ({ firstBatch = 0 }) {
      for (let index = firstBatch; index < steps; index++) yield await Promise.resolve(makeBatch());
    },
  };
}

/**
 * Makes Dawn's null device, which computes nothing, give ones where it would give what its memory held before: losses are finite, and
 * each example has a class.
 */
function readOnes(): void {
  const { stream } = runningContext()!;
  const read = stream.read.bind(stream);
  vi.spyOn(stream, 'read').mockImplementation(async (buffer, sizeBytes) => {
    await read(buffer, sizeBytes);
    return new Float32Array(sizeBytes / BYTES_A_VALUE).fill(1).buffer;
  });
}

/**
 * Counts from now on how many more of a product's sums of splits a batch of so many times the pictures would take: that many have no room in
 * the null device's 512 MB, and nothing else depends on them.
 */
function countFurtherSums(factor: number): { sums: number } {
  const count = { sums: 0 };
  const { tiles } = runningContext()!.products;
  const plan = tiles.plan.bind(tiles);
  vi.spyOn(tiles, 'plan').mockImplementation((kind, size, canSplit) => {
    const own = plan(kind, size, canSplit);
    const axis = kind === 'filterGradient' ? 'depth' : 'rows';
    const large = plan(kind, { ...size, [axis]: size[axis] * factor }, canSplit);
    count.sums += Number(large.splits > 1) - Number(own.splits > 1);
    return own;
  });
  return count;
}

/** Counts from now on the bytes of each tensor that a kernel of TensorFlow.js makes or takes, once for each maker and taker. */
function countTensorBytes(): { bytes: number } {
  const count = { bytes: 0 };
  const engine = tf.engine();
  const runKernel = engine.runKernel.bind(engine);
  const values = (tensors: readonly (tf.Tensor | null | undefined)[]) =>
    tensors.reduce((sum, tensor) => sum + (tensor?.size ?? 0), 0);
  vi.spyOn(engine, 'runKernel').mockImplementation((name, inputs, attributes) => {
    const results = runKernel(name, inputs, attributes);
    const taken = values(Object.values(inputs));
    // Weights and velocities are written where they are, gradients, the third of the lists, are not.
    const made = name === FUSED_KERNELS.sgdUpdate ? (taken * 2) / 3 : values([results].flat());
    if (!VIEWS.includes(name)) count.bytes += BYTES_A_VALUE * (taken + made);
    return results;
  });
  return count;
}

const COUNTS = [
  ...(['dispatches', 'furtherDispatches', 'submissions', 'flops'] as const),
  ...(['bytes', 'tensorBytes', 'createdBuffers'] as const),
];
type StepCounts = Record<(typeof COUNTS)[number], number>;

interface CountedRun {
  readonly size: number;
  readonly batchSize: number;
  readonly times?: number;
  readonly optimizer?: Optimizer;
  readonly distributed?: DistributedOptions;
}

/** What a training step of ResNet-50 takes, without what a run begins and ends with. */
async function countStep({
  size,
  batchSize,
  times = 1,
  optimizer = sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 }),
  distributed,
}: CountedRun): Promise<StepCounts> {
  const tensors = countTensorBytes();
  const further = countFurtherSums(times);
  const model = resnet50({ inputShape: [size, size, 3], classes: CLASSES, weights: null, seed: 1 });
  const train = async (steps: number): Promise<StepCounts> => {
    const before = { ...tensors, ...further };
    const source = blackPictures(steps, batchSize, size);
    const run = () =>
      fit(model, { train: source, epochs: 1, optimizer, ...(distributed && { distributed }) });
    const profile = await profileKernels(run, { timed: false });
    const furtherDispatches = further.sums - before.sums;
    return { ...profile, furtherDispatches, tensorBytes: tensors.bytes - before.bytes };
  };
  const [warm, three, five] = [2, 3, 5];
  await train(warm);
  const few = await train(three);
  const many = await train(five);
  model.dispose();
  const steps = five - three;
  const counts = COUNTS.map((name) => [name, (many[name] - few[name]) / steps] as const);
  return { ...(Object.fromEntries(counts) as StepCounts), createdBuffers: many.createdBuffers };
}

// The null device has the eight storage buffers that WebGPU promises; a card with more takes fewer dispatches for the weights' update.
describe.skipIf((await importDawn()) === undefined)('a step of ResNet-50 with eight bindings', () => {
  let engine: SelectedEngine;
  beforeEach(async () => {
    engine = await selectEngine({ prefer: 'webgpu', card: 'null' });
    readOnes();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await engine.dispose();
  });

  it.each([
    { size: 32, batchSize: 2, times: 1, dispatches: 584 },
    { size: 224, batchSize: 1, times: 32, dispatches: 589 },
  ])('at $size px', async ({ size, batchSize, times, dispatches }) => {
    const counts = await countStep({ size, batchSize, times });
    process.stderr.write(`A step of ResNet-50 at ${size} px: ${JSON.stringify(counts)}\n`);
    expect(counts.dispatches + counts.furtherDispatches).toBeLessThanOrEqual(dispatches);
    expect(counts.submissions).toBeLessThanOrEqual(4);
    // Three products a convolution, of 3.8 billion multiply-adds a picture at 224 pixels in all.
    expect(counts.flops / (batchSize * (size / 224) ** 2)).toBeGreaterThan(3 * 2 * 3.8e9);
    expect(counts.bytes).toBeLessThanOrEqual(1.5 * counts.tensorBytes);
    expect(counts.createdBuffers).toBe(0);
  });

  // Two weights of one state share a dispatch as with SGD. Norms take a pass of their own, and two states or shared numbers a dispatch a weight.
  it.each([
    { optimizer: lion(), dispatches: 584 },
    { optimizer: lars({ weightDecay: 1e-4 }), dispatches: 602 },
    { optimizer: lamb(), dispatches: 905 },
    { optimizer: scheduleFreeAdamW(), dispatches: 903 },
  ])('by $optimizer.name', async ({ optimizer, dispatches }) => {
    const counts = await countStep({ size: 32, batchSize: 2, optimizer });
    process.stderr.write(`A step of ResNet-50 by ${optimizer.name}: ${JSON.stringify(counts)}\n`);
    expect(counts.dispatches).toBeLessThanOrEqual(dispatches);
    expect(counts.createdBuffers).toBe(0);
  });

  it('of one of two ranks, which reads all that it sends together', async () => {
    // The other has nothing to add.
    const communicator = { ...oneProcess(), size: 2 };
    const counts = await countStep({ size: 32, batchSize: 4, distributed: { communicator } });
    process.stderr.write(`A step of ResNet-50 on one of two ranks: ${JSON.stringify(counts)}\n`);
    // Besides those of a step: the part of pictures and of labels that is the rank's.
    expect(counts.dispatches).toBeLessThanOrEqual(586);
    // Besides those of a step: one for the gradients with the moving averages.
    expect(counts.submissions).toBeLessThanOrEqual(5);
    expect(counts.createdBuffers).toBe(0);
  });
});
