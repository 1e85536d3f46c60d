import { escapedName } from '../source/byte-source';

import { isJsonObject } from './json-object';

/** What TensorFlow.js calls a class and what it configures it with. */
export interface ObjectSpec {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Scale, mode and distribution of what has a name of its own (keras/initializers/random_initializers.py). */
const VARIANCE_SCALING: Readonly<
  Record<string, readonly [scale: number, mode: string, distribution: string]>
> = {
  glorotuniform: [1, 'fanAvg', 'uniform'],
  glorotnormal: [1, 'fanAvg', 'truncatedNormal'],
  henormal: [2, 'fanIn', 'truncatedNormal'],
  heuniform: [2, 'fanIn', 'uniform'],
  lecunnormal: [1, 'fanIn', 'truncatedNormal'],
  lecununiform: [1, 'fanIn', 'uniform'],
};

const INITIALIZERS: Readonly<Record<string, string>> = {
  zeros: 'Zeros',
  zero: 'Zeros',
  ones: 'Ones',
  one: 'Ones',
  constant: 'Constant',
  randomuniform: 'RandomUniform',
  uniform: 'RandomUniform',
  randomnormal: 'RandomNormal',
  normal: 'RandomNormal',
  truncatednormal: 'TruncatedNormal',
  identity: 'Identity',
  orthogonal: 'Orthogonal',
};

/**
 * An initializer, by name or by class and configuration. Its values are replaced by the file's, so one that TensorFlow.js
 * lacks becomes zeros instead of an error.
 */
export function parseInitializer(json: unknown): ObjectSpec | null {
  if (json === null || json === undefined) return null;
  const kerasClass = isJsonObject(json) ? json['class_name'] : json;
  const fields = isJsonObject(json) && isJsonObject(json['config']) ? json['config'] : {};
  const key = String(kerasClass).toLowerCase().replaceAll('_', '');
  const scaling = Object.hasOwn(VARIANCE_SCALING, key) ? VARIANCE_SCALING[key] : undefined;
  if (scaling !== undefined) return varianceScaling(...scaling, fields['seed']);
  if (key === 'variancescaling') {
    return varianceScaling(
      Number(fields['scale'] ?? 1),
      word(fields['mode'], 'fanIn'),
      word(fields['distribution'], 'normal'),
      fields['seed'],
    );
  }
  const className = Object.hasOwn(INITIALIZERS, key) ? INITIALIZERS[key]! : 'Zeros';
  const config = Object.entries(fields).filter(([, value]) => typeof value === 'number');
  // A new object each time: TensorFlow.js writes into the configurations that it is given.
  return { className, config: className === 'Zeros' ? {} : Object.fromEntries(config) };
}

function varianceScaling(scale: number, mode: string, distribution: string, seed: unknown): ObjectSpec {
  const known = distribution === 'uniform' || distribution === 'truncatedNormal' ? distribution : 'normal';
  return {
    className: 'VarianceScaling',
    config: { scale, mode, distribution: known, seed: typeof seed === 'number' ? seed : null },
  };
}

function word(value: unknown, fallback: string): string {
  if (typeof value !== 'string') return fallback;
  return value.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A regularizer: L1, L2 or both, under any of the names that versions of Keras gave it. */
export function parseRegularizer(json: unknown, key: string, unsupported: string[]): ObjectSpec | null {
  if (json === null || json === undefined) return null;
  const name = String(isJsonObject(json) ? (json['class_name'] ?? json['name']) : json);
  const inner = isJsonObject(json) ? (json['config'] ?? json) : {};
  const fields = isJsonObject(inner) ? inner : {};
  if (!['L1', 'L2', 'L1L2', 'l1', 'l2', 'l1_l2', 'WeightRegularizer', 'ActivityRegularizer'].includes(name)) {
    unsupported.push(`${key} ${escapedName(name)}`);
    return null;
  }
  const fallback = isJsonObject(json) ? 0 : 0.01;
  const defaultFor = (letter: string) => (name.toLowerCase().includes(letter) ? fallback : 0);
  return {
    className: 'L1L2',
    config: { l1: Number(fields['l1'] ?? defaultFor('l1')), l2: Number(fields['l2'] ?? defaultFor('l2')) },
  };
}

const CONSTRAINTS: Readonly<Record<string, string>> = {
  maxnorm: 'MaxNorm',
  minmaxnorm: 'MinMaxNorm',
  nonneg: 'NonNeg',
  nonnegative: 'NonNeg',
  unitnorm: 'UnitNorm',
  unitnormalization: 'UnitNorm',
};

/** A constraint on a weight, by name or by class and configuration. */
export function parseConstraint(json: unknown, key: string, unsupported: string[]): ObjectSpec | null {
  if (json === null || json === undefined) return null;
  const name = String(isJsonObject(json) ? (json['class_name'] ?? json['name']) : json);
  const plain = name.toLowerCase().replaceAll('_', '');
  if (!Object.hasOwn(CONSTRAINTS, plain)) {
    unsupported.push(`${key} ${escapedName(name)}`);
    return null;
  }
  const fields = isJsonObject(json) && isJsonObject(json['config']) ? json['config'] : {};
  const config = {
    maxValue: fields['max_value'] ?? fields['m'],
    minValue: fields['min_value'],
    rate: fields['rate'],
    axis: fields['axis'],
  };
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return { className: CONSTRAINTS[plain]!, config: Object.fromEntries(given) };
}

const ACTIVATIONS: Readonly<Record<string, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softmax: 'softmax',
  log_softmax: 'logSoftmax',
  softplus: 'softplus',
  softsign: 'softsign',
  swish: 'swish',
  silu: 'swish',
  mish: 'mish',
  gelu: 'gelu',
  gelu_new: 'gelu_new',
  // Ours: see layers/keras-activations.ts.
  celu: 'celu',
  exponential: 'exponential',
  hard_shrink: 'hardShrink',
  hard_silu: 'hardSilu',
  hard_swish: 'hardSilu',
  hard_tanh: 'hardTanh',
  leaky_relu: 'leakyRelu',
  log_sigmoid: 'logSigmoid',
  soft_shrink: 'softShrink',
  sparse_plus: 'sparsePlus',
  sparse_sigmoid: 'sparseSigmoid',
  squareplus: 'squareplus',
  tanh_shrink: 'tanhShrink',
  zoo_hard_sigmoid: 'zooHardSigmoid',
};

/** An activation by its name, or as Keras 3 writes functions; a layer in its place has options of its own and is refused. */
export function parseActivation(
  json: unknown,
  key: string,
  kerasMajor: number,
  unsupported: string[],
): string | null {
  if (json === null || json === undefined) return null;
  const isFunction = isJsonObject(json) && typeof json['config'] === 'string';
  const name = String(isJsonObject(json) ? (isFunction ? json['config'] : json['class_name']) : json);
  // TensorFlow.js writes some in camel case.
  const snake = name.replace(/[A-Z]/g, (letter, index) => `${index === 0 ? '' : '_'}${letter.toLowerCase()}`);
  // Keras 3 gave the hard sigmoid another slope than Keras 1, 2 and TensorFlow.js.
  if (snake === 'hard_sigmoid') return kerasMajor < 3 ? 'hardSigmoid' : 'zooHardSigmoid';
  const isName = !isJsonObject(json) || isFunction;
  if (isName && Object.hasOwn(ACTIVATIONS, snake)) return ACTIVATIONS[snake]!;
  unsupported.push(`${key} ${escapedName(name)}`);
  return null;
}
