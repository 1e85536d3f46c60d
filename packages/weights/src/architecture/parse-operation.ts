import type { ZooError } from '@zoo/core';

import type { Operand } from '../layers/operation-layer';
import { type Constant, type OperationOptions, OPERATIONS, type SliceItem } from '../layers/operations';
import { shownName } from '../source/byte-source';

import { isJsonObject, type JsonObject } from './json-object';
import type { LayerSpec, ParseContext, TensorSpec } from './model-spec';
import { notBuildable } from './not-buildable';

/** Operations by what Keras 3 (a class of `keras.ops`) and tf.keras 2 (the function of a `TFOpLambda`) call them. */
const NAMES: Readonly<Record<string, string>> = {
  Add: 'add',
  Subtract: 'subtract',
  Multiply: 'multiply',
  TrueDivide: 'divide',
  Divide: 'divide',
  Maximum: 'maximum',
  Minimum: 'minimum',
  Power: 'power',
  Negative: 'negative',
  Absolute: 'absolute',
  Abs: 'absolute',
  Square: 'square',
  Sqrt: 'sqrt',
  Exp: 'exp',
  Log: 'log',
  Relu: 'relu',
  ReLU: 'relu',
  Sigmoid: 'sigmoid',
  Tanh: 'tanh',
  Silu: 'silu',
  Softmax: 'softmax',
  Identity: 'identity',
  StopGradient: 'identity',
  Cast: 'identity',
  Clip: 'clip',
  Mean: 'mean',
  Sum: 'sum',
  Max: 'max',
  Amax: 'max',
  Min: 'min',
  Amin: 'min',
  Concatenate: 'concatenate',
  Stack: 'stack',
  Reshape: 'reshape',
  GetItem: 'slice',
  '__operators__.add': 'add',
  'math.add': 'add',
  'nn.bias_add': 'add',
  'math.subtract': 'subtract',
  'math.multiply': 'multiply',
  'math.truediv': 'divide',
  'math.divide': 'divide',
  'math.maximum': 'maximum',
  'math.minimum': 'minimum',
  'math.pow': 'power',
  'math.negative': 'negative',
  'math.abs': 'absolute',
  'math.square': 'square',
  'math.sqrt': 'sqrt',
  'math.exp': 'exp',
  'math.log': 'log',
  'nn.relu': 'relu',
  'math.sigmoid': 'sigmoid',
  'math.tanh': 'tanh',
  'nn.silu': 'silu',
  'nn.softmax': 'softmax',
  identity: 'identity',
  stop_gradient: 'identity',
  cast: 'identity',
  clip_by_value: 'clip',
  'math.reduce_mean': 'mean',
  'math.reduce_sum': 'sum',
  'math.reduce_max': 'max',
  'math.reduce_min': 'min',
  concat: 'concatenate',
  stack: 'stack',
  reshape: 'reshape',
  '__operators__.getitem': 'slice',
};

/** What both versions call the second operand, and the list of operands, where they name it. */
const OPERAND_NAMES = ['x', 'x1', 'y', 'x2', 'bias', 'values', 'xs', 'arrays', 'tensor', 'input_tensor'];

/**
 * True for a call of an operation instead of a layer: `x + y` in a functional model. A legacy `.h5` of Keras 3 does not say which module a
 * class is of; that it can't be trained tells an operation.
 */
export function isOperation(json: JsonObject): boolean {
  const { module, class_name: className, config } = json;
  if (className === 'TFOpLambda' || className === 'SlicingOpLambda') return true;
  if (typeof module === 'string') return /^keras(\.src)?\.ops(\.|$)/.test(module);
  const nodes = Array.isArray(json['inbound_nodes']) ? (json['inbound_nodes'] as unknown[]) : [];
  const isKerasThrees = isJsonObject(nodes[0]) && Array.isArray(nodes[0]['args']);
  const isNamed = typeof className === 'string' && Object.hasOwn(NAMES, className);
  return isNamed && isKerasThrees && isJsonObject(config) && !('trainable' in config);
}

/**
 * A call of an operation as a layer of ours; a cast keeps TensorFlow.js' float32.
 *
 * @returns undefined, with a line in `unsupported`, for an operation that there is none for.
 */
export function parseOperation(
  json: JsonObject,
  name: string,
  context: ParseContext,
  unsupported: string[],
): LayerSpec | undefined {
  const config = isJsonObject(json['config']) ? json['config'] : {};
  const kerasName = String(config['function'] ?? json['class_name']);
  const operation = Object.hasOwn(NAMES, kerasName) ? NAMES[kerasName]! : undefined;
  if (operation === undefined || !Object.hasOwn(OPERATIONS, operation)) {
    unsupported.push(`the operation ${shownName(kerasName)} (${shownName(name)})`);
    return undefined;
  }
  const nodes = Array.isArray(json['inbound_nodes']) ? (json['inbound_nodes'] as unknown[]) : [];
  if (nodes.length !== 1) throw refused(name, context, `is called ${nodes.length} times`);
  const call = isJsonObject(nodes[0]) ? kerasThreeCall(nodes[0]) : kerasTwoCall(nodes[0]);
  const inputs: TensorSpec[] = [];
  const take = (value: unknown): Operand | undefined => operandOf(value, inputs);
  const expected = OPERAND_COUNTS[operation];
  const given = [
    ...call.operands,
    ...OPERAND_NAMES.flatMap((key) => (key in call.named ? listOf(call.named[key]) : [])),
  ];
  const used = given.slice(0, expected ?? given.length).map(take);
  // Positional arguments after the operands are options: an axis, a shape, slices.
  const positional = expected === undefined ? [] : call.operands.slice(expected);
  if (used.length === 0 || used.includes(undefined) || (expected !== undefined && used.length < expected)) {
    throw refused(name, context, 'is called on values that are not read');
  }
  const options = optionsOf(operation, { ...config, ...call.named }, positional);
  if (options === undefined) throw refused(name, context, 'is called with options that are not read');
  return {
    name,
    className: 'ZooOperation',
    config: { name, operation, operands: used, options },
    nodes: [{ inputs, callArguments: {} }],
  };
}

/** Operands of each operation; those that take a list of any length are absent. */
const OPERAND_COUNTS: Readonly<Record<string, number | undefined>> = {
  ...Object.fromEntries(Object.keys(OPERATIONS).map((operation) => [operation, 1])),
  ...Object.fromEntries(
    ['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'power'].map((operation) => [
      operation,
      2,
    ]),
  ),
  concatenate: undefined,
  stack: undefined,
};

interface Call {
  readonly operands: readonly unknown[];
  readonly named: JsonObject;
}

function kerasThreeCall(node: JsonObject): Call {
  const { args, kwargs } = node;
  return {
    // Tensors may come as a list.
    operands: Array.isArray(args)
      ? (args as unknown[]).flatMap((each) => (isTensorList(each) ? each : [each]))
      : [],
    named: isJsonObject(kwargs) ? kwargs : {},
  };
}

function isTensorList(value: unknown): value is unknown[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isJsonObject(item) && tensorOf(item) !== undefined)
  );
}

/** [['layer', 0, 0, { y: ... }]], or [['_CONSTANT_VALUE', -1, 127.5, { y: ['layer', 0, 0] }]]; several for a list of tensors. */
function kerasTwoCall(node: unknown): Call {
  const items = Array.isArray(node) ? (typeof node[0] === 'string' ? [node] : (node as unknown[])) : [];
  const named = items
    .map((item) => (Array.isArray(item) ? (item as unknown[])[3] : undefined))
    .find(isJsonObject);
  return { operands: items, named: named ?? {} };
}

function listOf(value: unknown): readonly unknown[] {
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => Array.isArray(item) || isJsonObject(item));
  return isList && typeof (value[0] as unknown[])[0] !== 'number' ? (value as unknown[]) : [value];
}

function operandOf(value: unknown, inputs: TensorSpec[]): Operand | undefined {
  const constant = constantOf(value);
  if (constant !== undefined) return { value: constant };
  const tensor = tensorOf(value);
  if (tensor === undefined) return undefined;
  inputs.push(tensor);
  return { input: inputs.length - 1 };
}

function constantOf(value: unknown): Constant | undefined {
  if (isConstant(value)) return value;
  if (Array.isArray(value) && value[0] === '_CONSTANT_VALUE')
    return isConstant(value[2]) ? value[2] : undefined;
  if (!isJsonObject(value) || value['class_name'] !== '__tensor__') return undefined;
  const inner = isJsonObject(value['config']) ? value['config']['value'] : undefined;
  return isConstant(inner) ? inner : undefined;
}

function isConstant(value: unknown): value is Constant {
  return typeof value === 'number' || (Array.isArray(value) && value.length > 0 && value.every(isConstant));
}

function tensorOf(value: unknown): TensorSpec | undefined {
  const config = isJsonObject(value) && isJsonObject(value['config']) ? value['config'] : undefined;
  const reference: unknown = config === undefined ? value : config['keras_history'];
  if (!Array.isArray(reference)) return undefined;
  const [layer, node, tensor] = reference as unknown[];
  const isIndex = (index: unknown): index is number => Number.isSafeInteger(index) && (index as number) >= 0;
  return typeof layer === 'string' && isIndex(node) && isIndex(tensor) ? { layer, node, tensor } : undefined;
}

/** What an operation is told beside its operands; undefined for what it does not understand. */
function optionsOf(
  operation: string,
  named: JsonObject,
  positional: readonly unknown[],
): OperationOptions | undefined {
  if (operation === 'slice') return slicesOf(named['slice_spec'] ?? named['key'] ?? positional[0]);
  if (operation === 'clip') {
    const [low, high] = [
      named['x_min'] ?? named['clip_value_min'],
      named['x_max'] ?? named['clip_value_max'],
    ];
    return typeof low === 'number' && typeof high === 'number' ? { minimum: low, maximum: high } : undefined;
  }
  if (operation === 'reshape') {
    const shape = named['newshape'] ?? named['shape'] ?? positional[0];
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size))) return undefined;
    // The batch axis is unchanged.
    return shape.length > 0 && [-1, null].includes(shape[0] as number)
      ? { shape: shape.slice(1) as number[] }
      : undefined;
  }
  const axis = named['axis'] ?? (operation === 'softmax' ? -1 : null);
  const keepdims = named['keepdims'] ?? false;
  const isAxis = (value: unknown) => value === null || isConstant(value);
  if (!isAxis(axis) || typeof keepdims !== 'boolean') return undefined;
  return { axis: axis as OperationOptions['axis'] & (number | null), keepdims };
}

/** `x[..., ::-1]`: slices before and behind the ellipsis. */
function slicesOf(json: unknown): OperationOptions | undefined {
  const items: unknown = isJsonObject(json) && json['class_name'] === '__tuple__' ? json['items'] : json;
  const list = Array.isArray(items) ? (items as unknown[]) : [items];
  const at = list.findIndex((item) => isJsonObject(item) && item['class_name'] === '__ellipsis__');
  const parsed = list.filter((_, i) => i !== at).map(sliceItem);
  if (parsed.includes(undefined)) return undefined;
  const known = parsed as SliceItem[];
  return at === -1 ? { slices: known } : { slices: known.slice(0, at), lastSlices: known.slice(at) };
}

function sliceItem(json: unknown): SliceItem | undefined {
  if (Number.isSafeInteger(json)) return { index: json as number };
  if (!isJsonObject(json)) return undefined;
  const fields = json['class_name'] === '__slice__' && isJsonObject(json['config']) ? json['config'] : json;
  const { start = null, stop = null, step = null } = fields;
  const isPlace = (value: unknown): value is number | null => value === null || Number.isSafeInteger(value);
  return isPlace(start) && isPlace(stop) && isPlace(step) && step !== 0 ? { start, stop, step } : undefined;
}

function refused(name: string, { fileName }: ParseContext, problem: string): ZooError {
  return notBuildable(
    `Expected operations on tensors and numbers but ${shownName(name)} in ${fileName} ${problem}.`,
  );
}
