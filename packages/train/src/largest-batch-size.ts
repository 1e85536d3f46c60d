import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, disposeBatch, expectInteger, ZooError, type Batch } from '@zoo/core';
import { readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { assignAllValues, readAllValues } from './host-tensors';
import { createTrainStep, stepOptions, TRAIN_STEP_OPTIONS } from './train-step';
import { peakBytes } from './training/peak-bytes';
import { runWeights } from './training/run-weights';

/** Buffers that kernels make for themselves and holes in the heap, on top of the tensors. */
const HEADROOM = 1.2;
/** Batches that are tried: the difference is what a picture takes. */
const [SMALL, LARGE] = [2, 4];

const LARGEST_BATCH_SIZE_OPTIONS = {
  ...TRAIN_STEP_OPTIONS,
  /** Memory that training may take, the model's weights included. */
  memoryBytes: { type: 'integer', minimum: 1, isRequired: true },
  /** Height and width of pictures, for a model that leaves them open. Default: the model's own. */
  imageSize: {
    type: 'any',
    expected: 'an array of two whole numbers, height and width',
    check: (argument, value) => {
      if (!Array.isArray(value) || value.length !== 2)
        throw new ArgumentError(argument, '[height, width]', value);
      return value.map((size) => expectInteger(argument, size, { minimum: 1 })) as [number, number];
    },
  } as AnyRow<readonly [height: number, width: number]>,
  /** Pictures a batch at most: more than this helps few trainings. Default 1,024. */
  maximum: { type: 'integer', minimum: 1, default: 1024 },
} as const satisfies OptionTable;

/** Options of {@link largestBatchSize}: what to train by, and the memory. */
export interface LargestBatchSizeOptions extends OptionsOf<typeof LARGEST_BATCH_SIZE_OPTIONS> {}

/** What {@link largestBatchSize} found. */
export interface BatchSizeThatFits {
  /** Pictures in the largest batch that fits. */
  readonly batchSize: number;
  /** What one more picture in a batch takes. */
  readonly bytesAPicture: number;
  /** What weights, gradients and the optimizer's state take, whatever the batch. */
  readonly fixedBytes: number;
}

/**
 * Finds the largest batch whose training fits into `memoryBytes`.
 *
 * It makes two steps on small batches of noise and adds a fifth to the memory that they take. The weights are restored afterwards.
 *
 * @throws ZooError `out-of-memory` if not even one picture fits, with the need; ArgumentError if the model leaves its picture size open and
 *   `imageSize` is not given.
 *
 * @example
 * const { batchSize } = await largestBatchSize(model, { optimizer: sgd(), memoryBytes: 3 * 2 ** 30 });
 */
export async function largestBatchSize(
  model: tfl.LayersModel,
  options: LargestBatchSizeOptions,
): Promise<BatchSizeThatFits> {
  const { memoryBytes, maximum, imageSize } = readOptions(LARGEST_BATCH_SIZE_OPTIONS, options);
  const imageShape = imageShapeOf(model, imageSize);
  const variables = new Map(runWeights(model).map(({ name, variable }) => [name, variable]));
  const weightBytes = [...variables.values()].reduce((bytes, { size }) => bytes + 4 * size, 0);
  const before = await readAllValues(variables);
  try {
    const small = await bytesOfStep(model, options, noise(imageShape, SMALL, model));
    const large = await bytesOfStep(model, options, noise(imageShape, LARGE, model));
    const bytesAPicture = (HEADROOM * (large - small)) / (LARGE - SMALL);
    const fixedBytes = HEADROOM * (weightBytes + small) - SMALL * bytesAPicture;
    const batchSize = Math.min(maximum, Math.floor((memoryBytes - fixedBytes) / bytesAPicture));
    if (batchSize < 1) {
      throw new ZooError(
        'out-of-memory',
        `Expected memory for a batch of one picture, ${Math.ceil((fixedBytes + bytesAPicture) / 2 ** 20)} MiB, but \`memoryBytes\` are ${Math.floor(memoryBytes / 2 ** 20)} MiB. Take smaller pictures or a smaller network.`,
      );
    }
    return { batchSize, bytesAPicture, fixedBytes };
  } finally {
    assignAllValues(variables, before);
  }
}

/** What a step takes at its peak, its batch and the optimizer's state included. */
function bytesOfStep(
  model: tfl.LayersModel,
  options: LargestBatchSizeOptions,
  makeBatch: () => Batch,
): Promise<number> {
  return peakBytes(async () => {
    const step = createTrainStep(model, stepOptions(options));
    const batch = makeBatch();
    try {
      await step.run(batch);
    } finally {
      disposeBatch(batch);
      step.dispose();
    }
  });
}

/** Seeded noise with labels in turn. */
function noise([height, width, channels]: ImageShape, size: number, model: tfl.LayersModel): () => Batch {
  const { classCount } = classifierHead(model);
  return () =>
    tf.tidy(() => ({
      images: tf.randomNormal<tf.Rank.R4>([size, height, width, channels], 0, 1, 'float32', 1),
      labels: tf.tensor2d(
        Array.from({ length: size }, (_, row) =>
          Array.from({ length: classCount }, (_unused, column) => (column === row % classCount ? 1 : 0)),
        ),
      ),
      sources: [],
    }));
}

type ImageShape = readonly [height: number, width: number, channels: number];

function imageShapeOf(model: tfl.LayersModel, imageSize: readonly [number, number] | undefined): ImageShape {
  const own = model.inputs[0]!.shape.slice(1);
  const shape = own.map((size, axis) => size ?? imageSize?.[axis] ?? null);
  if (shape.length !== 3 || shape.includes(null)) {
    throw new ArgumentError(
      'model',
      'a model with pictures of one size',
      model.inputs[0]!.shape,
      'Give `options.imageSize`.',
    );
  }
  if (imageSize !== undefined && imageSize.some((size, axis) => size !== shape[axis])) {
    throw new ArgumentError(
      'options.imageSize',
      `the size that the model reads, ${shape.slice(0, 2).join('x')},`,
      imageSize,
    );
  }
  return shape as [number, number, number];
}
