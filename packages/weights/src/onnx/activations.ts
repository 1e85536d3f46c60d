import type { AttributeValues, GraphValue } from './graph-builder';
import { unsupportedOption, type LayerCall } from './layer-call';

/** Activations that are one operator of ONNX, by TensorFlow.js' names: the operator and its attributes. */
const OPERATORS: Readonly<Record<string, readonly [operator: string, attributes?: AttributeValues]>> = {
  relu: ['Relu'],
  sigmoid: ['Sigmoid'],
  tanh: ['Tanh'],
  elu: ['Elu'],
  celu: ['Elu'],
  selu: ['Selu'],
  softplus: ['Softplus'],
  softsign: ['Softsign'],
  exponential: ['Exp'],
  leakyRelu: ['LeakyRelu', { alpha: { float: 0.2 } }],
  // Keras 2's has a slope of 0.2, Keras 3's one of a sixth.
  hardSigmoid: ['HardSigmoid', { alpha: { float: 0.2 }, beta: { float: 0.5 } }],
  zooHardSigmoid: ['HardSigmoid', { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }],
  hardSilu: ['HardSwish'],
};

/** The activation that a layer's configuration names, after `input`. */
export function addActivation(call: LayerCall, name: string, input: GraphValue): GraphValue {
  const { builder, config } = call;
  const activation = config['activation'];
  if (activation === null || activation === undefined || activation === 'linear') return input;
  const known = Object.hasOwn(OPERATORS, activation as string) ? OPERATORS[activation as string] : undefined;
  if (known !== undefined) return builder.add(known[0], name, [input], known[1]);
  if (activation === 'softmax' || activation === 'logSoftmax') {
    const axis = input.isChannelsFirst ? 1 : input.rank - 1;
    return builder.add(activation === 'softmax' ? 'Softmax' : 'LogSoftmax', name, [input], { axis });
  }
  if (activation === 'relu6') {
    const low = builder.constant(`${name}_low`, [], Float32Array.of(0));
    const high = builder.constant(`${name}_high`, [], Float32Array.of(6));
    return builder.add('Clip', name, [input, low, high]);
  }
  if (activation === 'swish')
    return builder.add('Mul', name, [input, builder.add('Sigmoid', `${name}_sigmoid`, [input])]);
  throw unsupportedOption(call, 'activation', activation);
}
