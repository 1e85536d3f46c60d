import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { expectInteger, expectKnownOptions, ZooError } from '@zoo/core';

/** Options of {@link warmUp}. */
export interface WarmUpOptions {
  /** Examples a batch will hold; engines prepare kernels and memory for that size. Default 1. */
  batchSize?: number;
  /** Height and width where the model leaves them open, for example `[224, 224]`. */
  imageSize?: readonly [height: number, width: number];
}

/**
 * Predicts once on zeros, so that the first real prediction is as fast as the next: shaders are compiled, memory is taken, threads
 * and weights are ready when the promise resolves.
 *
 * @throws ZooError `unsupported` if the model leaves a size open that `imageSize` does not give.
 */
export async function warmUp(model: tfl.LayersModel, options: WarmUpOptions = {}): Promise<void> {
  expectKnownOptions('options', options, ['batchSize', 'imageSize']);
  const { batchSize = 1, imageSize } = options;
  expectInteger('options.batchSize', batchSize, { minimum: 1 });
  const shapes = model.inputs.map(({ shape, name }) => inputShape(shape, name, batchSize, imageSize));
  const outputs = tf.tidy(() => {
    const inputs = shapes.map((shape, index) => tf.zeros(shape, model.inputs[index]!.dtype));
    return model.predict(inputs.length === 1 ? inputs[0]! : inputs);
  });
  try {
    await Promise.all([outputs].flat().map(async (output) => output.data()));
  } finally {
    tf.dispose(outputs);
  }
}

function inputShape(
  shape: readonly (number | null)[],
  name: string,
  batchSize: number,
  imageSize: readonly number[] | undefined,
): number[] {
  // Batch, height, width, channels: only pictures have sizes that are worth leaving open.
  const given = shape.length === 4 ? [batchSize, ...(imageSize ?? [])] : [batchSize];
  return shape.map((length, axis) => {
    const size = axis === 0 ? batchSize : (length ?? given[axis]);
    if (size !== undefined) return size;
    throw new ZooError(
      'unsupported',
      `The input '${name}' has the shape [${shape.join(', ')}], open at axis ${axis}. Give \`options.imageSize\`.`,
    );
  });
}
