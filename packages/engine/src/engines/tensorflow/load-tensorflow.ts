import * as tf from '@tensorflow/tfjs-core';

import type { NodeBuiltins } from '../node-builtins';

import { completeMethodsForTfjsNode } from './complete-tensor-methods';
import type { BindingPackage } from './find-binding';
import { decideOnednn } from './onednn-probe';
import { restoreNodeUtil } from './restore-node-util';
import { shareTfjsCopy } from './share-tfjs-copy';
import type { TensorFlowBackend } from './tensorflow-backend';

/** Name under which tfjs-node registers its backend. */
export const TENSORFLOW_BACKEND = 'tensorflow';

/**
 * Loads tfjs-node and makes it the current backend, quietly; a process can hold one TensorFlow, so a second call
 * gives the one that is loaded.
 *
 * Sets, where the user has not: TF_CPP_MIN_LOG_LEVEL=2 (no log below errors), TF_NUM_INTRAOP_THREADS, and
 * TF_ENABLE_ONEDNN_OPTS=0 on a machine where oneDNN kills the process. All three are read at the load only.
 */
export async function loadTensorFlow(
  builtins: NodeBuiltins,
  { directory }: BindingPackage,
  threads: number | undefined,
): Promise<TensorFlowBackend> {
  const loaded = loadedTensorFlow();
  if (loaded === undefined) {
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= `${threads}`;
    restoreNodeUtil(builtins.util);
    await decideOnednn(builtins, directory);
    shareTfjsCopy(builtins, directory);
    completeMethodsForTfjsNode();
    builtins.module.createRequire(`${directory}/package.json`)(directory);
  }
  await tf.setBackend(TENSORFLOW_BACKEND);
  await tf.ready();
  return tf.backend() as unknown as TensorFlowBackend;
}

/** The backend of tfjs-node if it is loaded, by us or by the application. */
export function loadedTensorFlow(): TensorFlowBackend | undefined {
  if ((tf.findBackendFactory(TENSORFLOW_BACKEND) as unknown) === null) return undefined;
  return tf.findBackend(TENSORFLOW_BACKEND) as unknown as TensorFlowBackend;
}
