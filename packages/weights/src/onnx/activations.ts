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
  hardShrink: ['Shrink', { lambd: { float: 0.5 } }],
  softShrink: ['Shrink', { lambd: { float: 0.5 }, bias: { float: 0.5 } }],
};

/** Nodes of one activation: `add` appends one, under a name of its own; numbers are constants. */
type Compose = (x: GraphValue, add: AddNode) => GraphValue;
type AddNode = (operator: string, ...inputs: readonly (GraphValue | number)[]) => GraphValue;

/** Activations that are several operators of ONNX, by TensorFlow.js' names. */
const COMPOSED: Readonly<Record<string, Compose>> = {
  relu6: (x, add) => add('Clip', x, 0, 6),
  hardTanh: (x, add) => add('Clip', x, -1, 1),
  swish: (x, add) => add('Mul', x, add('Sigmoid', x)),
  mish: (x, add) => add('Mul', x, add('Tanh', add('Softplus', x))),
  tanhShrink: (x, add) => add('Sub', x, add('Tanh', x)),
  logSigmoid: (x, add) => add('Neg', add('Softplus', add('Neg', x))),
  squareplus: (x, add) => add('Div', add('Add', x, add('Sqrt', add('Add', add('Mul', x, x), 4))), 2),
  sparseSigmoid: (x, add) => add('Div', add('Add', add('Clip', x, -1, 1), 1), 2),
  sparsePlus: (x, add) => {
    const bent = add('Add', add('Clip', x, -1, 1), 1);
    return add('Add', add('Div', add('Mul', bent, bent), 4), add('Relu', add('Sub', x, 1)));
  },
  gelu: (x, add) => {
    const share = add('Add', add('Erf', add('Div', x, Math.SQRT2)), 1);
    return add('Mul', add('Mul', x, 0.5), share);
  },
  // Hendrycks and Gimpel 2016, section 2: by a hyperbolic tangent.
  gelu_new: (x, add) => {
    const cubed = add('Mul', add('Mul', add('Mul', x, x), x), 0.044715);
    const bent = add('Tanh', add('Mul', add('Add', x, cubed), Math.sqrt(2 / Math.PI)));
    return add('Mul', add('Mul', x, 0.5), add('Add', bent, 1));
  },
};

/** The activation that a layer's configuration names, after `input`. */
export function addActivation(call: LayerCall, name: string, input: GraphValue): GraphValue {
  const { builder, config } = call;
  const activation = config['activation'];
  if (activation === null || activation === undefined || activation === 'linear') return input;
  const text = activation as string;
  const known = Object.hasOwn(OPERATORS, text) ? OPERATORS[text] : undefined;
  if (known !== undefined) return builder.add(known[0], name, [input], known[1]);
  if (activation === 'softmax' || activation === 'logSoftmax') {
    const axis = input.isChannelsFirst ? 1 : input.rank - 1;
    return builder.add(activation === 'softmax' ? 'Softmax' : 'LogSoftmax', name, [input], { axis });
  }
  if (!Object.hasOwn(COMPOSED, text)) throw unsupportedOption(call, 'activation', activation);
  return COMPOSED[text]!(input, (operator, ...inputs) =>
    builder.add(
      operator,
      name,
      inputs.map((value) => (typeof value === 'number' ? builder.scalar(`${name}_constant`, value) : value)),
    ),
  );
}
