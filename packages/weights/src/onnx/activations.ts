import { ZooError } from '@zoo/core';

import type { GraphBuilder, GraphValue } from './graph-builder';

const OPERATORS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  elu: 'Elu',
  selu: 'Selu',
  softplus: 'Softplus',
  softsign: 'Softsign',
};

/** The activation that a layer's configuration names, after `input`. */
export function addActivation(
  builder: GraphBuilder,
  name: string,
  input: GraphValue,
  activation: unknown,
): GraphValue {
  if (activation === null || activation === undefined || activation === 'linear') return input;
  const operator = OPERATORS[activation as string];
  if (operator !== undefined) return builder.add(operator, name, [input]);
  if (activation === 'softmax') {
    return builder.add('Softmax', name, [input], { axis: input.isChannelsFirst ? 1 : input.rank - 1 });
  }
  if (activation === 'relu6') {
    const low = builder.constant(`${name}_low`, [], Float32Array.of(0));
    const high = builder.constant(`${name}_high`, [], Float32Array.of(6));
    return builder.add('Clip', name, [input, low, high]);
  }
  if (activation === 'swish')
    return builder.add('Mul', name, [input, builder.add('Sigmoid', `${name}_sigmoid`, [input])]);
  throw new ZooError(
    'unsupported',
    `Expected an activation that ONNX has but '${name}' has ${JSON.stringify(activation)}.`,
  );
}
