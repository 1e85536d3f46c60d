import { nodeBuiltins } from '../src/engines/node-builtins';
import { findBinding } from '../src/engines/tensorflow/find-binding';

/**
 * True if a built tfjs-node is here: in $ZOO_TFJS_NODE, installed, or built by `zoo native`. Tests of the tensorflow engine are skipped
 * without, with this message.
 */
export function isTensorFlowHere(): boolean {
  const found = findBinding(nodeBuiltins()!, '@tensorflow/tfjs-node');
  if ('directory' in found) return true;
  process.stderr.write(
    `Skipping the tests of the tensorflow engine: ${found.absentBecause} (see ZOO_TFJS_NODE).\n`,
  );
  return false;
}
