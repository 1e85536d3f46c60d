import type { ActivationRange, ActivationSteps } from '../quantize/activation-range';
import { roundHalfEven } from '../quantize/quantize-channels';

import { passesSteps, stepsOfValues } from './activation-steps';
import { activationInputs, type GraphLinks, graphLinks } from './graph-links';
import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-proto';
import { simplifyForSteps } from './simplify-graph';
import { asInt8, storeKernels } from './store-kernels';

type Steps = ReadonlyMap<string, ActivationSteps>;

/** Operators with a kernel that onnxruntime computes in whole numbers. */
const WEIGHTED = new Set(['Conv', 'Gemm', 'MatMul']);
/** Of these, those whose output may stay float32: the logits keep their digits. */
const FLOAT_OUTPUT = new Set(['Gemm', 'MatMul']);
/** Operators without a kernel that onnxruntime computes in whole numbers, where all their inputs are activations. */
const UNWEIGHTED = new Set([
  'Add',
  'Mul',
  'AveragePool',
  'GlobalAveragePool',
  'Concat',
  'LeakyRelu',
  'Sigmoid',
]);

/**
 * `graph` with kernels in int8, biases in int32 and activations in uint8, by pairs of QuantizeLinear and DequantizeLinear as
 * onnxruntime's tool lays them: around every operator that it then computes in whole numbers. Activations without a range stay float32.
 *
 * @param ranges Of the activations, by name.
 * @param largest Of the kernels' whole numbers: 127, or 64 for processors that add up in 16 bits.
 * @see onnxruntime/python/tools/quantization/qdq_quantizer.py
 */
export function quantizeGraph(
  graph: OnnxModel,
  ranges: ReadonlyMap<string, ActivationRange>,
  largest = 127,
): OnnxModel {
  const steps = stepsOfValues(graph, graphLinks(graph), ranges);
  const { graph: simple, clipped } = simplifyForSteps(graph, steps);
  const links = graphLinks(simple);
  const quantizedNodes = chooseNodes(simple, links, steps, clipped);
  const pairs = new Pairs(steps);
  for (const node of quantizedNodes) {
    for (const input of activationInputs(node, links)) pairs.want(input);
    const isRead = (links.consumers.get(node.outputs[0]!) ?? []).some((next) => quantizedNodes.has(next));
    if (isRead || !FLOAT_OUTPUT.has(node.operator)) pairs.want(node.outputs[0]!);
  }
  for (const value of clipped) pairs.want(value);
  const kernels = new Kernels(simple, steps, largest);
  const nodes: OnnxNode[] = simple.inputs.flatMap(({ name }) => pairs.nodesOf(name));
  for (const node of simple.nodes) {
    const inputs = quantizedNodes.has(node) ? kernels.store(node) : node.inputs;
    nodes.push({ ...node, inputs: inputs.map((input) => pairs.nameOf(input)) });
    nodes.push(...node.outputs.flatMap((output) => pairs.nodesOf(output)));
  }
  const constants = [...kernels.constants(), ...pairs.constants];
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  return storeKernels(
    {
      ...simple,
      constants: constants.filter(({ name }) => used.has(name) || kernels.isPart(name)),
      nodes: [...kernels.nodes, ...nodes],
    },
    'int8',
    largest,
  );
}

/** The nodes to compute in whole numbers: those that can be, without those that have no such node behind them. */
function chooseNodes(
  graph: OnnxModel,
  links: GraphLinks,
  steps: Steps,
  clipped: ReadonlySet<string>,
): Set<OnnxNode> {
  const chosen = new Set(graph.nodes.filter((node) => canBeQuantized(node, links, steps)));
  for (const node of [...graph.nodes].reverse()) {
    if (!chosen.has(node) || WEIGHTED.has(node.operator) || clipped.has(node.outputs[0]!)) continue;
    const isRead = (links.consumers.get(node.outputs[0]!) ?? []).some((next) => chosen.has(next));
    if (!isRead) chosen.delete(node);
  }
  return chosen;
}

function canBeQuantized(node: OnnxNode, links: GraphLinks, steps: Steps): boolean {
  const { operator, inputs, outputs } = node;
  const activations = activationInputs(node, links);
  if (!activations.every((input) => steps.has(input))) return false;
  if (WEIGHTED.has(operator)) {
    const kernel = links.constants.get(inputs[1]!);
    const hasKernel = kernel?.channelAxis !== undefined && activations.length === 1;
    return hasKernel && (FLOAT_OUTPUT.has(operator) || steps.has(outputs[0]!));
  }
  if (!steps.has(outputs[0]!)) return false;
  return passesSteps(node) || (UNWEIGHTED.has(operator) && activations.length === inputs.length);
}

/** The pairs of QuantizeLinear and DequantizeLinear, one for each value that is wanted. */
class Pairs {
  readonly constants: OnnxTensor[] = [];
  private readonly wanted = new Set<string>();
  /** Values that have the same steps share their constants. */
  private readonly known = new Map<ActivationSteps, readonly [scale: string, zeroPoint: string]>();

  constructor(private readonly steps: Steps) {}

  want(value: string): void {
    this.wanted.add(value);
  }

  /** What is read in the place of `value`. */
  nameOf(value: string): string {
    return this.wanted.has(value) ? `${value}_dequantized` : value;
  }

  /** The pair behind `value`; nothing where it is not wanted. */
  nodesOf(value: string): OnnxNode[] {
    if (!this.wanted.has(value)) return [];
    const parameters = this.parametersOf(value);
    const node = (operator: string, input: string, output: string): OnnxNode => ({
      name: `${value}_${operator}`,
      operator,
      inputs: [input, ...parameters],
      outputs: [output],
      attributes: {},
    });
    return [
      node('QuantizeLinear', value, `${value}_quantized`),
      node('DequantizeLinear', `${value}_quantized`, `${value}_dequantized`),
    ];
  }

  private parametersOf(value: string): readonly [string, string] {
    const steps = this.steps.get(value)!;
    const known = this.known.get(steps);
    if (known !== undefined) return known;
    const names = [`${value}_scale`, `${value}_zero_point`] as const;
    this.constants.push(
      { name: names[0], shape: [], values: Float32Array.of(steps.scale) },
      { name: names[1], shape: [], values: Uint8Array.of(steps.zeroPoint) },
    );
    this.known.set(steps, names);
    return names;
  }
}

/** A bias in steps has to fit 32 bits, with a little room for what is added to it. */
const LARGEST_BIAS = 2 ** 30;

/** Kernels in int8 and biases in int32, in steps of the products that they are added to. */
class Kernels {
  readonly nodes: OnnxNode[] = [];
  private readonly byName: Map<string, OnnxTensor>;
  private readonly parts: OnnxTensor[] = [];
  private readonly done = new Set<string>();

  constructor(
    graph: OnnxModel,
    private readonly steps: Steps,
    private readonly largest: number,
  ) {
    this.byName = new Map(graph.constants.map((constant) => [constant.name, constant]));
  }

  /** Stores the kernel and the bias of `node`, if it has any; gives its inputs. */
  store(node: OnnxNode): readonly string[] {
    const { operator, inputs } = node;
    if (!WEIGHTED.has(operator)) return inputs;
    const [input, kernelName, biasName] = inputs as [string, string, string?];
    const inputScale = this.steps.get(input)!.scale;
    const kernel = this.byName.get(kernelName)!;
    const bias = biasName === undefined ? undefined : this.byName.get(biasName)!;
    const smallest =
      bias && (bias.values as Float32Array).map((value) => Math.abs(value) / inputScale / LARGEST_BIAS);
    const stored = asInt8(kernel, this.largest, smallest);
    this.replace(kernelName, stored.constants, stored.node);
    if (bias !== undefined)
      this.storeBias(
        bias,
        stored.scales.map((scale) => scale * inputScale),
      );
    return inputs;
  }

  /** All constants, those that are stored otherwise in their new form. */
  constants(): OnnxTensor[] {
    return [...[...this.byName.values()].filter(({ name }) => !this.done.has(name)), ...this.parts];
  }

  isPart(name: string): boolean {
    return this.parts.some((part) => part.name === name);
  }

  private storeBias({ name, shape, values }: OnnxTensor, scales: Float32Array): void {
    const whole = Int32Array.from(values as Float32Array, (value, i) => roundHalfEven(value / scales[i]!));
    const [wholeName, scaleName] = [`${name}_quantized`, `${name}_scale`];
    this.replace(
      name,
      [
        { name: wholeName, shape, values: whole },
        { name: scaleName, shape: [scales.length], values: scales },
      ],
      {
        name: `${name}_DequantizeLinear`,
        operator: 'DequantizeLinear',
        inputs: [wholeName, scaleName],
        outputs: [name],
        attributes: { axis: { kind: 'int', value: 0 } },
      },
    );
  }

  private replace(name: string, parts: readonly OnnxTensor[], node: OnnxNode): void {
    this.done.add(name);
    this.parts.push(...parts);
    this.nodes.push(node);
  }
}
