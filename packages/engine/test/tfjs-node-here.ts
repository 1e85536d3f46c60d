import { findTfjsNode } from '../src/libtensorflow/find-tfjs-node';
import { nodeBuiltins } from '../src/libtensorflow/node-builtins';

/**
 * True if a built tfjs-node is here: in $ZOO_TFJS_NODE, installed, or built by `zoo native`. Tests of libtensorflow are skipped
 * without, with this message.
 */
export function isTfjsNodeHere(): boolean {
  const found = findTfjsNode(nodeBuiltins()!, '@tensorflow/tfjs-node');
  if ('directory' in found) return true;
  process.stderr.write(
    `Skipping the tests of libtensorflow: tfjs-node is ${found.absentBecause} (see ZOO_TFJS_NODE).\n`,
  );
  return false;
}
