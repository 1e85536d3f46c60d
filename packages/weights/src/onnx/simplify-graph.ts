import type { ActivationSteps } from '../quantize/activation-range';

import { activationInputs, type GraphLinks, graphLinks, soleConsumer } from './graph-links';
import type { OnnxModel, OnnxNode } from './onnx-proto';

type Steps = ReadonlyMap<string, ActivationSteps>;

/** Operators that onnxruntime computes in whole numbers with any clipping of their output. */
const CLIPPED_BY = new Set(['Conv', 'Gemm', 'Add', 'Mul']);

/**
 * `graph` without the nodes that whole numbers make superfluous: margins of zeros become those of the convolution or maximum behind them, and an
 * activation that the steps of its output clip anyway, ReLU with a zero-point of 0, is left out.
 *
 * `clipped` are the values that have to be quantized for that.
 */
export function simplifyForSteps(
  graph: OnnxModel,
  steps: Steps,
): { readonly graph: OnnxModel; readonly clipped: ReadonlySet<string> } {
  const margins = withoutNodes(graph, (node, links) => mergedPad(node, links, steps));
  const activations = withoutNodes(margins.graph, (node, links) => withoutClipping(node, links, steps));
  return {
    graph: activations.graph,
    clipped: new Set(activations.removed.map(({ outputs }) => outputs[0]!)),
  };
}

/** A node that stands for another one and its neighbour. */
interface Merged {
  readonly removed: OnnxNode;
  readonly kept: OnnxNode;
  readonly replacement: OnnxNode;
}

function withoutNodes(
  graph: OnnxModel,
  merge: (node: OnnxNode, links: GraphLinks) => Merged | undefined,
): { readonly graph: OnnxModel; readonly removed: readonly OnnxNode[] } {
  const links = graphLinks(graph);
  const merged = graph.nodes.flatMap((node) => merge(node, links) ?? []);
  const removed = new Set(merged.map((each) => each.removed));
  const replacements = new Map(merged.map(({ kept, replacement }) => [kept, replacement]));
  const nodes = graph.nodes
    .filter((node) => !removed.has(node))
    .map((node) => replacements.get(node) ?? node);
  return { graph: { ...graph, nodes }, removed: [...removed] };
}

function mergedPad(node: OnnxNode, links: GraphLinks, steps: Steps): Merged | undefined {
  if (node.operator !== 'Pad' || node.inputs.length !== 2 || 'mode' in node.attributes) return undefined;
  const next = soleConsumer(links, node.outputs[0]!);
  const pads = links.constants.get(node.inputs[1]!)?.values;
  if (next === undefined || !(pads instanceof BigInt64Array)) return undefined;
  const margins = Array.from(pads, Number);
  const rank = margins.length / 2;
  const [before, after] = [margins.slice(2, rank), margins.slice(rank + 2)];
  const isSpatial = [0, 1, rank, rank + 1].every((i) => margins[i] === 0);
  const isSized = [...before, ...after].every((size) => size >= 0);
  if (!isSpatial || !isSized || !takesMargins(next, [...before, ...after], steps.get(node.inputs[0]!)))
    return undefined;
  const attributes = Object.fromEntries(
    Object.entries(next.attributes).filter(([key]) => key !== 'auto_pad'),
  );
  const own = attributes['pads']?.kind === 'ints' ? attributes['pads'].value : undefined;
  const value = [...before, ...after].map((size, i) => size + (own?.[i] ?? 0));
  const replacement = {
    ...next,
    inputs: [node.inputs[0]!, ...next.inputs.slice(1)],
    attributes: { ...attributes, pads: { kind: 'ints', value } as const },
  };
  return { removed: node, kept: next, replacement };
}

/** True where zeros around an operator's input are as good as its own margins. */
function takesMargins(
  { operator, attributes }: OnnxNode,
  margins: readonly number[],
  steps: ActivationSteps | undefined,
): boolean {
  const mode = attributes['auto_pad'];
  if (mode !== undefined && !(mode.kind === 'text' && mode.value === 'VALID')) return false;
  if (operator === 'Conv') return true;
  // A maximum ignores its own margins, and zeros have no effect beside numbers that are not negative.
  const kernel = attributes['kernel_shape'];
  const reaches =
    kernel?.kind === 'ints' && margins.every((size, i) => size < kernel.value[i % kernel.value.length]!);
  return operator === 'MaxPool' && steps?.zeroPoint === 0 && reaches && attributes['pads'] === undefined;
}

function withoutClipping(node: OnnxNode, links: GraphLinks, steps: Steps): Merged | undefined {
  const bounds = boundsOf(node, links);
  const own = steps.get(node.outputs[0]!);
  const [input] = activationInputs(node, links);
  const producer = input === undefined ? undefined : links.producers.get(input);
  if (bounds === undefined || own === undefined || producer === undefined) return undefined;
  if (!CLIPPED_BY.has(producer.operator) || soleConsumer(links, input!) !== node) return undefined;
  // What onnxruntime does not compute in whole numbers keeps its activation.
  if (activationInputs(producer, links).some((each) => !steps.has(each))) return undefined;
  const isConstant = ['Add', 'Mul'].includes(producer.operator);
  if (isConstant && activationInputs(producer, links).length !== 2) return undefined;
  const { scale, zeroPoint } = own;
  const isWithin =
    -zeroPoint * scale >= bounds.low - scale / 2 && (255 - zeroPoint) * scale <= bounds.high + scale / 2;
  if (!isWithin) return undefined;
  return { removed: node, kept: producer, replacement: { ...producer, outputs: node.outputs } };
}

function boundsOf(
  { operator, inputs }: OnnxNode,
  { constants }: GraphLinks,
): { low: number; high: number } | undefined {
  if (operator === 'Relu') return { low: 0, high: Infinity };
  if (operator !== 'Clip') return undefined;
  const [low, high] = inputs.slice(1).map((name) => constants.get(name)?.values[0]);
  return typeof low === 'number' && typeof high === 'number' ? { low, high } : undefined;
}
