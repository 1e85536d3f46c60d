import * as tf from '@tensorflow/tfjs';

import type { NodeBuiltins } from './node-builtins';

/** What tfjs-node 4.22 requires of TensorFlow.js; the union package holds all that core exports. */
const REQUIRED = ['@tensorflow/tfjs', '@tensorflow/tfjs-core'];

/**
 * Makes the tfjs-node package in `directory` use this copy of TensorFlow.js, whatever copy lies in its own node_modules.
 *
 * Two copies share no registrations. Node's module cache is looked up before a file is read, so the entries that tfjs-node's
 * `require` will find are filled with what is already loaded.
 */
export function shareTfjsCopy({ module }: NodeBuiltins, directory: string): void {
  const require = module.createRequire(`${directory}/package.json`);
  for (const name of REQUIRED) {
    const file = require.resolve(name);
    if (isShared(require.cache[file])) continue;
    const entry = new module.Module(file);
    entry.filename = file;
    entry.loaded = true;
    entry.exports = tf;
    require.cache[file] = entry;
  }
}

/** True if a loaded module is the copy in use; asking loads nothing. */
function isShared(loaded: NodeJS.Module | undefined): boolean {
  return (loaded?.exports as Partial<typeof tf> | undefined)?.registerKernel === tf.registerKernel;
}
