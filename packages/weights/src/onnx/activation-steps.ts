import { activationSteps, type ActivationRange, type ActivationSteps } from '../quantize/activation-range';

import { activationInputs, type GraphLinks } from './graph-links';
import type { OnnxModel, OnnxNode } from './onnx-proto';

/** Operators that move values and make none: their output has the steps of their input. */
const MOVES = new Set(['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);
/** Operators whose output lies within the range of their input. */
const PASSES = new Set([...MOVES, 'MaxPool', 'GlobalMaxPool', 'Slice', 'Tile']);
/** Operators whose output lies between zero and one. */
const SHARES = new Set(['Sigmoid', 'HardSigmoid', 'Softmax']);

/** True for an operator that computes on whole numbers as on any: their steps pass through it. */
export function passesSteps({ operator, inputs }: OnnxNode): boolean {
  // Without a third input it fills with zeros, which every range has, or with its input's own values.
  return PASSES.has(operator) || (operator === 'Pad' && inputs.length === 2);
}

/**
 * The steps of every value of which they can be known: of those in `ranges`, of what operators hand on, and of shares.
 */
export function stepsOfValues(
  { nodes }: OnnxModel,
  links: GraphLinks,
  ranges: ReadonlyMap<string, ActivationRange>,
): Map<string, ActivationSteps> {
  const steps = new Map(Array.from(ranges, ([name, range]) => [name, activationSteps(range)]));
  for (const node of nodes) {
    const [output] = node.outputs as [string];
    const [input] = activationInputs(node, links);
    const handedOn = input !== undefined && passesSteps(node) ? steps.get(input) : undefined;
    if (handedOn !== undefined) steps.set(output, handedOn);
    else if (!steps.has(output) && SHARES.has(node.operator))
      steps.set(output, activationSteps({ low: 0, high: 1 }));
  }
  // The input of a data movement whose output alone was calibrated.
  for (const node of [...nodes].reverse()) {
    const [input] = activationInputs(node, links);
    const seen = steps.get(node.outputs[0]!);
    if (MOVES.has(node.operator) && input !== undefined && seen !== undefined && !steps.has(input))
      steps.set(input, seen);
  }
  return steps;
}
