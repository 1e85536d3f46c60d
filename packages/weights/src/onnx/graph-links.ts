import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-proto';

/** Who makes and who reads each value of a graph. */
export interface GraphLinks {
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly producers: ReadonlyMap<string, OnnxNode>;
  readonly consumers: ReadonlyMap<string, readonly OnnxNode[]>;
  readonly outputs: ReadonlySet<string>;
}

/** The links of `graph` as it is now. */
export function graphLinks({ nodes, constants, outputs }: OnnxModel): GraphLinks {
  const producers = new Map<string, OnnxNode>();
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const output of node.outputs) producers.set(output, node);
    for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  }
  return {
    constants: new Map(constants.map((constant) => [constant.name, constant])),
    producers,
    consumers,
    outputs: new Set(outputs.map(({ name }) => name)),
  };
}

/** The one node that reads `value`; undefined where there are others, or it is an output of the graph. */
export function soleConsumer({ consumers, outputs }: GraphLinks, value: string): OnnxNode | undefined {
  const nodes = consumers.get(value) ?? [];
  return nodes.length === 1 && !outputs.has(value) ? nodes[0] : undefined;
}

/** The inputs of a node that are no constants. */
export function activationInputs({ inputs }: OnnxNode, { constants }: GraphLinks): string[] {
  return inputs.filter((input) => input !== '' && !constants.has(input));
}
