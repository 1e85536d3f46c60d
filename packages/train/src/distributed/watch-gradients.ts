import * as tf from '@tensorflow/tfjs-core';

/** What is used of an entry of TensorFlow.js' tape, which its types hide. */
interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  gradient?: (dys: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/**
 * Takes a gradient of a variable, or one of the `parts` that it is the sum of.
 *
 * `isFresh` is true where the gradient is not what the operation was given: then the backward pass reads it nowhere else.
 */
export type SeeGradient = (index: number, gradient: tf.Tensor, parts: number, isFresh: boolean) => void;

/**
 * Shows each gradient of `variables` as the backward pass makes it, rather than all at its end.
 *
 * To be called at the end of the forward pass, inside of what is differentiated. A variable that `loss` depends on by several operations
 * has as many parts.
 *
 * @param loss What is differentiated.
 */
export function watchGradients(loss: tf.Tensor, variables: readonly tf.Variable[], see: SeeGradient): void {
  const indices = new Map(variables.map(({ id }, index) => [id, index]));
  const nodes = nodesBehind(loss);
  const parts = countReads(nodes, indices);
  for (const node of nodes) {
    const { gradient } = node;
    const reads = Object.entries(node.inputs).filter(([, { id }]) => indices.has(id));
    if (gradient === undefined || reads.length === 0) continue;
    node.gradient = (dys) => {
      const gradients = { ...gradient(dys) };
      for (const [name, { id }] of reads) {
        const make = gradients[name]!;
        const index = indices.get(id)!;
        gradients[name] = () => {
          const made = make();
          const isFresh = dys.every(({ dataId }) => dataId !== made.dataId);
          see(index, made, parts[index]!, isFresh);
          return made;
        };
      }
      return gradients;
    };
  }
}

/**
 * The entries of the tape that `loss` follows from, the last one first.
 *
 * Others have no part in the backward pass: the copies, for one, in which operations keep their inputs for it, are entries of their own.
 */
function nodesBehind(loss: tf.Tensor): TapeNode[] {
  const tape = (tf.engine().state as unknown as { activeTape: TapeNode[] }).activeTape;
  const reached = new Set([loss.id]);
  return [...tape].reverse().filter(({ inputs, outputs }) => {
    if (!outputs.some(({ id }) => reached.has(id))) return false;
    for (const { id } of Object.values(inputs)) reached.add(id);
    return true;
  });
}

function countReads(nodes: readonly TapeNode[], indices: ReadonlyMap<number, number>): number[] {
  const counts = new Array<number>(indices.size).fill(0);
  for (const { inputs } of nodes) {
    for (const { id } of Object.values(inputs)) {
      const index = indices.get(id);
      if (index !== undefined) counts[index]! += 1;
    }
  }
  return counts;
}
