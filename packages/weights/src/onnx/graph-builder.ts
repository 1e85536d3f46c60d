import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-proto';

/** A tensor of the graph: sequences, pictures and volumes lie with their channels first, as ONNX's convolutions want them, everything else as in the model. */
export interface GraphValue {
  readonly name: string;
  readonly rank: number;
  /** True where the model's last axis lies second: [batch, channels, height, width] for [batch, height, width, channels]. */
  readonly isChannelsFirst: boolean;
}

/** Plain values as attributes: numbers as whole numbers, unless told otherwise. */
export type AttributeValues = Readonly<
  Record<string, number | readonly number[] | string | { readonly float: number }>
>;

/** Gathers nodes and constants; names are made unique. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  private readonly names = new Set<string>();
  private readonly reordered = new Map<string, GraphValue>();

  /** Adds a node with one output and gives it. */
  add(
    operator: string,
    name: string,
    inputs: readonly (GraphValue | string)[],
    attributes: AttributeValues = {},
    result: { rank?: number; isChannelsFirst?: boolean } = {},
  ): GraphValue {
    const first = inputs[0] as GraphValue;
    const output = this.uniqueName(name);
    this.nodes.push({
      name: output,
      operator,
      inputs: inputs.map((input) => (typeof input === 'string' ? input : input.name)),
      outputs: [output],
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)]),
      ),
    });
    return {
      name: output,
      rank: result.rank ?? first.rank,
      isChannelsFirst: result.isChannelsFirst ?? first.isChannelsFirst,
    };
  }

  /** Adds a constant and gives its name. */
  constant(name: string, shape: readonly number[], values: Float32Array | BigInt64Array): string {
    const unique = this.uniqueName(name);
    this.constants.push({ name: unique, shape, values });
    return unique;
  }

  /** Adds the kernel of a layer, whose outputs lie along `channelAxis`, and gives its name; `step` as in {@link OnnxTensor}. */
  kernel(
    name: string,
    shape: readonly number[],
    values: Float32Array,
    channelAxis: number,
    step?: number,
  ): string {
    const unique = this.uniqueName(name);
    this.constants.push({ name: unique, shape, values, channelAxis, ...(step !== undefined && { step }) });
    return unique;
  }

  /** Adds a constant of one number and gives its name. */
  scalar(name: string, value: number): string {
    return this.constant(name, [], Float32Array.of(value));
  }

  /** Gives `value` a name that {@link uniqueName} reserved. */
  alias(value: GraphValue, name: string): void {
    this.nodes.push({
      name: `${name}_named`,
      operator: 'Identity',
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    });
  }

  integers(name: string, values: readonly number[]): string {
    return this.constant(name, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** `value` with the model's last axis second; of a rank below 3 it stays. */
  channelsFirst(value: GraphValue): GraphValue {
    const { rank } = value;
    if (rank < 3 || value.isChannelsFirst) return value;
    return this.reorder(value, [0, rank - 1, ...range(1, rank - 1)]);
  }

  /** `value` in the model's own order. */
  channelsLast(value: GraphValue): GraphValue {
    return value.isChannelsFirst ? this.reorder(value, [0, ...range(2, value.rank), 1]) : value;
  }

  uniqueName(name: string): string {
    let unique = name;
    for (let i = 1; this.names.has(unique); i++) unique = `${name}_${i}`;
    this.names.add(unique);
    return unique;
  }

  private reorder(value: GraphValue, perm: readonly number[]): GraphValue {
    const key = `${value.name} ${value.isChannelsFirst}`;
    const known = this.reordered.get(key);
    if (known !== undefined) return known;
    const isChannelsFirst = !value.isChannelsFirst;
    const result = this.add('Transpose', `${value.name}_order`, [value], { perm }, { isChannelsFirst });
    this.reordered.set(key, result);
    return result;
  }
}

/** Whole numbers from `first` up to, and without, `end`. */
export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

function attributeOf(value: AttributeValues[string]): OnnxAttribute {
  if (typeof value === 'number') return { kind: 'int', value };
  if (typeof value === 'string') return { kind: 'text', value };
  return 'float' in value ? { kind: 'float', value: value.float } : { kind: 'ints', value };
}
