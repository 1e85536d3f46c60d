import { permuteAxes } from '../stored-tensor';

import { addActivation } from './activations';
import type { GraphValue } from './graph-builder';
import { physicalAxis, type LayerCall } from './layer-call';

/** `ReLU` with a maximum and, where the layer is ours, a slope below a threshold. */
export function convertReLU({ builder, layer, config, inputs }: LayerCall): GraphValue {
  const { name } = layer;
  const [slope, threshold] = [config['negativeSlope'], config['threshold']].map((value) =>
    Number(value ?? 0),
  ) as [number, number];
  const maximum = config['maxValue'] as number | null | undefined;
  const scalar = (suffix: string, value: number) => builder.scalar(`${name}_${suffix}`, value);
  if (threshold === 0 && maximum == null && slope !== 0)
    return builder.add('LeakyRelu', name, inputs, { alpha: { float: slope } });
  if (threshold === 0 && slope === 0)
    return maximum == null
      ? builder.add('Relu', name, inputs)
      : builder.add('Clip', name, [inputs[0]!, scalar('low', 0), scalar('high', maximum)]);
  const above = builder.add('ThresholdedRelu', `${name}_above`, inputs, { alpha: { float: threshold } });
  const clipped =
    maximum == null
      ? above
      : builder.add('Clip', `${name}_clipped`, [above, scalar('low', 0), scalar('high', maximum)]);
  if (slope === 0) return clipped;
  const distance = builder.add('Sub', `${name}_distance`, [inputs[0]!, scalar('threshold', threshold)]);
  const below = builder.add('Min', `${name}_below`, [distance, scalar('zero', 0)]);
  const sloped = builder.add('Mul', `${name}_sloped`, [below, scalar('slope', slope)]);
  return builder.add('Add', name, [clipped, sloped]);
}

/** `PReLU`, its slopes in the order in which its input lies. */
export async function convertPReLU({ builder, layer, inputs }: LayerCall): Promise<GraphValue> {
  const alpha = layer.weights[0]!;
  const shape = alpha.shape as number[];
  const values = Float32Array.from(await alpha.read().data());
  const last = shape.length - 1;
  const order = inputs[0]!.isChannelsFirst
    ? [last, ...shape.keys()].slice(0, shape.length)
    : [...shape.keys()];
  const slopes = builder.constant(
    `${layer.name}_slopes`,
    order.map((axis) => shape[axis]!),
    permuteAxes(values, shape, order) as Float32Array,
  );
  return builder.add('PRelu', layer.name, [inputs[0]!, slopes]);
}

/** `Softmax` over one axis or several. */
export function convertSoftmax({ builder, layer, config, inputs }: LayerCall): GraphValue {
  const input = inputs[0]!;
  const axes = [config['axis'] as number | number[]].flat().map((axis) => physicalAxis(axis, input));
  if (axes.length === 1) return builder.add('Softmax', layer.name, [input], { axis: axes[0]! });
  const logSum = builder.add('ReduceLogSumExp', `${layer.name}_log_sum`, [input], { axes, keepdims: 1 });
  return builder.add('Exp', layer.name, [builder.add('Sub', `${layer.name}_log`, [input, logSum])]);
}

/** `Activation`: the function that it names. */
export function convertActivation(call: LayerCall): GraphValue {
  return addActivation(call, call.layer.name, call.inputs[0]!);
}
