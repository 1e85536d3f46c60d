import { arch, cpus, release, totalmem, type } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';

/** What this process computes on, in words. */
export function environment(): Readonly<Record<string, string>> {
  const processors = cpus();
  return {
    'TensorFlow.js': `${tf.version_core}, backend ${tf.getBackend()}`,
    'Node.js': process.version,
    system: `${type()} ${release()}, ${arch()}`,
    processor: `${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length} threads`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
  };
}
