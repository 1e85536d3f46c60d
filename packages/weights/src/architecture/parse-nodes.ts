import type { ZooError } from '@zoo/core';

import { invalidFile } from '../source/byte-source';

import { isJsonObject } from './json-object';
import type { NodeSpec, ParseContext, TensorSpec } from './model-spec';
import { notBuildable } from './not-buildable';

/** Calls of a layer, as Keras 1 and 2 (lists of [layer, node, tensor, arguments]) or Keras 3 (args and kwargs) write them. */
export function parseNodes(json: unknown, layerName: string, context: ParseContext): NodeSpec[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) throw broken(context, layerName);
  return json.map((node: unknown) => {
    if (Array.isArray(node)) return parseListNode(node, layerName, context);
    if (isJsonObject(node) && Array.isArray(node['args'])) return parseArgumentNode(node, layerName, context);
    throw broken(context, layerName);
  });
}

/**
 * Inputs or outputs of a model: [[layer, node, tensor], ...], [layer, node, tensor] alone, or either by name, which Keras takes in the
 * order of their names.
 */
export function parseTensorList(json: unknown, context: ParseContext): TensorSpec[] {
  if (isJsonObject(json)) {
    return Object.keys(json)
      .sort()
      .flatMap((key) => parseTensorList(json[key], context));
  }
  if (!Array.isArray(json)) throw invalidFile(context.fileName, 'has a model without inputs or outputs');
  if (typeof json[0] === 'string') return [parseTensor(json, 'the model', context)];
  return json.flatMap((item: unknown) => parseTensorList(item, context));
}

function parseListNode(node: readonly unknown[], layerName: string, context: ParseContext): NodeSpec {
  // A call with one input is sometimes written without the enclosing list.
  const tensors = typeof node[0] === 'string' ? [node] : node;
  let callArguments: Record<string, unknown> = {};
  const inputs = tensors.map((item) => {
    const fourth: unknown = Array.isArray(item) ? item[3] : undefined;
    if (isJsonObject(fourth)) callArguments = { ...callArguments, ...fourth };
    return parseTensor(item, layerName, context);
  });
  return { inputs, callArguments: plainArguments(callArguments, layerName, context) };
}

function parseArgumentNode(
  node: Readonly<Record<string, unknown>>,
  layerName: string,
  context: ParseContext,
): NodeSpec {
  const inputs: TensorSpec[] = [];
  for (const argument of (node['args'] as unknown[]).flat()) {
    const history =
      isJsonObject(argument) && isJsonObject(argument['config']) && argument['config']['keras_history'];
    if (!Array.isArray(history)) {
      throw notBuildable(
        `Expected layers called on tensors but the layer '${layerName}' in ${context.fileName} is called on other values.`,
      );
    }
    inputs.push(parseTensor(history, layerName, context));
  }
  const kwargs = isJsonObject(node['kwargs']) ? node['kwargs'] : {};
  return { inputs, callArguments: plainArguments(kwargs, layerName, context) };
}

function plainArguments(
  callArguments: Readonly<Record<string, unknown>>,
  layerName: string,
  context: ParseContext,
): Record<string, unknown> {
  const entries = Object.entries(callArguments).filter(([, value]) => value !== null && value !== undefined);
  for (const [name, value] of entries) {
    if (typeof value !== 'object') continue;
    throw notBuildable(
      `Expected plain call arguments but the layer '${layerName}' in ${context.fileName} is called with a tensor for ${name}.`,
    );
  }
  return Object.fromEntries(entries);
}

function parseTensor(json: unknown, layerName: string, context: ParseContext): TensorSpec {
  const [layer, node, tensor] = Array.isArray(json) ? (json as unknown[]) : [];
  const isSound = typeof layer === 'string' && isIndex(node) && isIndex(tensor);
  if (!isSound) throw broken(context, layerName);
  return { layer, node, tensor };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function broken(context: ParseContext, layerName: string): ZooError {
  return invalidFile(context.fileName, `does not say how '${layerName}' is connected`);
}
