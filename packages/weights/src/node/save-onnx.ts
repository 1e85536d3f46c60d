import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { exportOnnx } from '../onnx/export-onnx';

import { writeFileAtomically, type WriteFileOptions } from './write-file-atomically';

/** Saves what {@link exportOnnx} makes of `model`, atomically. */
export async function saveOnnx(
  model: tf.LayersModel,
  path: string,
  options: WriteFileOptions = {},
): Promise<void> {
  expectKnownOptions('options', options, ['signal']);
  await writeFileAtomically(path, await exportOnnx(model), options);
}
