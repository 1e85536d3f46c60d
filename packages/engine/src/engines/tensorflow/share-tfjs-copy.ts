import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import type { NodeBuiltins } from '../node-builtins';

/** What tfjs-node 4.22 requires of TensorFlow.js: the union package, of which it uses what core and layers export, and core. */
const REQUIRED = ['@tensorflow/tfjs', '@tensorflow/tfjs-core'];

/**
 * Makes the tfjs-node package in `directory` use this copy of TensorFlow.js, whatever copy lies in its own node_modules.
 *
 * Two copies share no registrations. Node's module cache is looked up before a file is read, so the entries that tfjs-node's
 * `require` will find are filled with what is already loaded.
 */
export function shareTfjsCopy({ module }: NodeBuiltins, directory: string): void {
  const require = module.createRequire(`${directory}/package.json`);
  const shared = { ...tf, ...tfl };
  for (const name of REQUIRED) {
    const file = require.resolve(name);
    if (isShared(require.cache[file])) continue;
    const entry = new module.Module(file);
    entry.filename = file;
    entry.loaded = true;
    entry.exports = shared;
    require.cache[file] = entry;
  }
}

/** True if a loaded module is the copy in use; asking loads nothing. */
function isShared(loaded: NodeJS.Module | undefined): boolean {
  return (loaded?.exports as Partial<typeof tf> | undefined)?.registerKernel === tf.registerKernel;
}
