import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';
import { readOptions, type AnyRow, type OptionsOf, type OptionTable } from '@zoo/core/options';

const WARM_UP_OPTIONS = {
  /** Examples a batch will hold; engines prepare kernels and memory for that size. Default 1. */
  batchSize: { type: 'integer', minimum: 1, default: 1 },
  /** Height and width where the model leaves them open, for example `[224, 224]`. */
  imageSize: { type: 'any' } as AnyRow<readonly [height: number, width: number]>,
} as const satisfies OptionTable;

/** Options of {@link warmUp}. */
export interface WarmUpOptions extends OptionsOf<typeof WARM_UP_OPTIONS> {}

/**
 * Predicts once on zeros, so that the first real prediction is as fast as later ones: when the promise resolves, shaders are compiled,
 * memory is allocated, and threads and weights are ready.
 *
 * @throws ZooError `unsupported` if the model leaves a size open that `imageSize` does not give.
 */
export async function warmUp(model: tfl.LayersModel, options: WarmUpOptions = {}): Promise<void> {
  const { batchSize, imageSize } = readOptions(WARM_UP_OPTIONS, options);
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
  // Batch, height, width, channels: only a picture's height and width are worth leaving open.
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
