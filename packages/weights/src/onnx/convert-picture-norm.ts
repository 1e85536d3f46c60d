import type { GraphValue } from './graph-builder';
import type { LayerCall } from './layer-call';

/** `GroupNormalization`: an instance norm of the groups, which this operator set has, then the channels' own factors and sums. */
export async function convertGroupNorm(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, config } = call;
  const { name } = layer;
  const { groups: given, scale, center } = config as { groups: number; scale: boolean; center: boolean };
  const groups = given === -1 ? call.inputShape.at(-1)! : given;
  const constant = (suffix: string, value: number) =>
    builder.constant(`${name}_${suffix}`, [groups], new Float32Array(groups).fill(value));
  const epsilon = { float: config['epsilon'] as number };
  const normalized = withinGroups(call, builder.channelsFirst(call.inputs[0]!), groups, (x) =>
    builder.add('InstanceNormalization', `${name}_groups`, [x, constant('ones', 1), constant('zeros', 0)], {
      epsilon,
    }),
  );
  const operators = [...(scale ? ['Mul'] : []), ...(center ? ['Add'] : [])];
  return byChannel(call, normalized, operators);
}

/** `EvoNorm`: the gate of each channel by the deviation of its group, both of its input, then the channels' own factors and sums. */
export async function convertEvoNorm(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, config, inputs } = call;
  const { name } = layer;
  const x = builder.channelsFirst(inputs[0]!);
  if (config['activates'] === false) return byChannel(call, x, ['Mul', 'Add']);
  const groups = config['groups'] as number;
  const gate = builder.add('Sigmoid', `${name}_gate`, [
    builder.add('Mul', `${name}_gated`, [x, await channelWeight(call, 2)]),
  ]);
  const gated = builder.add('Mul', `${name}_swish`, [x, gate]);
  const deviation = deviationOf(call, split(call, x, groups));
  const normalized = withinGroups(call, gated, groups, (parts) =>
    builder.add('Div', `${name}_groups`, [parts, deviation]),
  );
  return byChannel(call, normalized, ['Mul', 'Add']);
}

/** `FilterResponseNorm`: by the root of the mean square of each channel's pixels, with its threshold. */
export async function convertFilterResponseNorm(call: LayerCall): Promise<GraphValue> {
  const { builder, layer, config, inputs } = call;
  const { name } = layer;
  const x = builder.channelsFirst(inputs[0]!);
  const squares = builder.add('Mul', `${name}_squares`, [x, x]);
  const mean = builder.add('ReduceMean', `${name}_mean`, [squares], { axes: [2, 3], keepdims: 1 });
  const normalized = builder.add('Div', `${name}_normalized`, [x, rootOf(call, mean)]);
  return byChannel(call, normalized, ['Mul', 'Add', ...(config['activates'] === false ? [] : ['Max'])]);
}

/** `operators` in turn, each with the layer's next weight; the last has the layer's name. */
async function byChannel(
  call: LayerCall,
  input: GraphValue,
  operators: readonly string[],
): Promise<GraphValue> {
  let output = input;
  for (const [i, operator] of operators.entries()) {
    output = call.builder.add(operator, call.layer.name, [output, await channelWeight(call, i)]);
  }
  return output;
}

/** One of the layer's weights as it meets pictures with their channels second: [channels, 1, 1]. */
async function channelWeight({ builder, layer }: LayerCall, index: number): Promise<string> {
  const weight = layer.weights[index]!;
  const values = Float32Array.from(await weight.read().data());
  return builder.constant(`${layer.name}_${weight.originalName}`, [values.length, 1, 1], values);
}

/** What `compute` makes of [batch, groups, values], in the shape of `x`. */
function withinGroups(
  call: LayerCall,
  x: GraphValue,
  groups: number,
  compute: (parts: GraphValue) => GraphValue,
): GraphValue {
  const { builder, layer } = call;
  const shape = builder.add('Shape', `${layer.name}_shape`, [x], {}, { rank: 1, isChannelsFirst: false });
  const { rank, isChannelsFirst } = x;
  const parts = compute(split(call, x, groups));
  return builder.add('Reshape', `${layer.name}_whole`, [parts, shape], {}, { rank, isChannelsFirst });
}

/** Pictures with their channels second as [batch, groups, values]. */
function split({ builder, layer }: LayerCall, x: GraphValue, groups: number): GraphValue {
  const shape = builder.integers(`${layer.name}_split`, [0, groups, -1]);
  return builder.add('Reshape', `${layer.name}_parts`, [x, shape], {}, { rank: 3, isChannelsFirst: false });
}

/** The deviation of the values of each group. [batch, groups, values] to [batch, groups, 1] */
function deviationOf(call: LayerCall, x: GraphValue): GraphValue {
  const { builder, layer } = call;
  const meanOf = (suffix: string, value: GraphValue) =>
    builder.add('ReduceMean', `${layer.name}_${suffix}`, [value], { axes: [2], keepdims: 1 });
  const centred = builder.add('Sub', `${layer.name}_centred`, [x, meanOf('mean', x)]);
  return rootOf(call, meanOf('variance', builder.add('Mul', `${layer.name}_squared`, [centred, centred])));
}

/** The root of `value` and the layer's epsilon. */
function rootOf({ builder, layer, config }: LayerCall, value: GraphValue): GraphValue {
  const epsilon = builder.scalar(`${layer.name}_epsilon`, config['epsilon'] as number);
  return builder.add('Sqrt', `${layer.name}_root`, [
    builder.add('Add', `${layer.name}_floored`, [value, epsilon]),
  ]);
}
