import type * as tf from '@tensorflow/tfjs';
import { expectKnownOptions } from '@zoo/core';

import { encodeSafetensors } from '../safetensors/encode-safetensors';

import { writeFileAtomically, type WriteFileOptions } from './write-file-atomically';

/** Saves the weights of `model` as safetensors under the names `<layer>/<weight>`, atomically. */
export async function saveSafetensors(
  model: tf.LayersModel,
  path: string,
  options: WriteFileOptions = {},
): Promise<void> {
  expectKnownOptions('options', options, ['signal']);
  await writeFileAtomically(path, await encodeSafetensors(model), options);
}
