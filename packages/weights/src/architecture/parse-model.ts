import { describeValue, type ZooError } from '@zoo/core';

import { registerKerasLayers } from '../layers/keras-layers';
import { escapedName, invalidFile, shownName } from '../source/byte-source';

import { isJsonObject, type JsonObject } from './json-object';
import { isSupportedClass, parseClassName } from './layer-classes';
import type { LayerSpec, ModelSpec, ParseContext, TensorSpec } from './model-spec';
import { notBuildable } from './not-buildable';
import { camelCaseValues, parseLayerConfig } from './parse-layer-config';
import { parseNodes, parseTensorList } from './parse-nodes';
import { isOperation, parseOperation } from './parse-operation';
import { inputShapeOf, isIdentityInInference } from './passing-layers';

const FUNCTIONAL = ['Model', 'Functional'];
const MAXIMUM_DEPTH = 16;
/** TensorFlow.js takes time that grows with the square of these: 6,000 layers take it about a second. ResNet-1202 has 4,212. */
const MAXIMUM_LAYERS = 6000;
const MAXIMUM_ENDS = 1000;
/** Tensors that calls take, counted each time that they are taken: a call of a nested model takes all that are within, too. */
const MAXIMUM_CONNECTIONS = 20_000;

/**
 * Reads a model's architecture as Keras 1, 2, 3 or TensorFlow.js write it, functional or sequential, nested models included.
 *
 * @throws ZooError 'unsupported' that names every layer that TensorFlow.js lacks, 'invalid-file' if it is no architecture.
 */
export function parseModel(json: unknown, context: ParseContext): ModelSpec {
  registerKerasLayers();
  const unsupported: string[] = [];
  const parsed = parseContainer(unwrap(json, context), context, unsupported, 0);
  const { layers, connections } = sizeOf(parsed);
  if (layers > MAXIMUM_LAYERS) throw tooMany(context, 'layers', MAXIMUM_LAYERS);
  if (connections > MAXIMUM_CONNECTIONS) throw tooMany(context, 'calls of layers', MAXIMUM_CONNECTIONS);
  if (unsupported.length === 0) return parsed;
  throw notBuildable(
    `Expected layers that TensorFlow.js has but ${context.fileName} holds ${unsupported.join(', ')}.`,
  );
}

/** How many layers a model has and how many connections, nested ones too. */
function sizeOf(spec: ModelSpec): { layers: number; connections: number } {
  let [layers, connections] = [0, 0];
  for (const { nodes, model } of spec.layers) {
    const inside = model === undefined ? { layers: 0, connections: 0 } : sizeOf(model);
    layers += 1 + inside.layers;
    const taken = nodes.reduce((total, { inputs }) => total + inputs.length, 0);
    connections += Math.max(1, taken) + Math.max(1, nodes.length) * inside.connections;
  }
  return { layers, connections };
}

function tooMany({ fileName }: ParseContext, what: string, limit: number): ZooError {
  return invalidFile(
    fileName,
    `describes a model of more than ${limit} ${what}`,
    'Build the model yourself and load its weights.',
  );
}

function unwrap(json: unknown, context: ParseContext): JsonObject {
  const inner = isJsonObject(json) && 'model_config' in json ? json['model_config'] : json;
  if (!isJsonObject(inner)) throw invalidFile(context.fileName, 'has an architecture that is no JSON object');
  return inner;
}

function parseContainer(
  json: JsonObject,
  context: ParseContext,
  unsupported: string[],
  depth: number,
): ModelSpec {
  if (depth > MAXIMUM_DEPTH) throw invalidFile(context.fileName, 'nests models too deep');
  const className = json['class_name'];
  const isSequential = className === 'Sequential';
  if (!isSequential && !FUNCTIONAL.includes(className as string)) {
    throw notBuildable(
      `Expected a functional or sequential model but ${context.fileName} holds a ${escapedName(typeof className === 'string' ? className : describeValue(className))}.`,
    );
  }
  const config = json['config'];
  // Keras 1 and early 2: a sequential model's configuration is the list of its layers.
  const list: unknown = Array.isArray(config) ? config : isJsonObject(config) ? config['layers'] : undefined;
  if (!Array.isArray(list)) {
    throw invalidFile(context.fileName, 'has an architecture without a list of layers');
  }
  if (list.length > MAXIMUM_LAYERS) throw tooMany(context, 'layers', MAXIMUM_LAYERS);
  const fields: JsonObject = isJsonObject(config) ? config : {};
  const layers = list.map((item: unknown) => parseLayer(item, context, unsupported, depth));
  const name = typeof fields['name'] === 'string' ? fields['name'] : isSequential ? 'sequential' : 'model';
  if (isSequential) return { kind: 'sequential', name, layers, inputs: [], outputs: [] };
  return {
    kind: 'functional',
    name,
    layers,
    inputs: parseEnds(fields['input_layers'], context),
    outputs: parseEnds(fields['output_layers'], context),
  };
}

function parseEnds(json: unknown, context: ParseContext): TensorSpec[] {
  const ends = parseTensorList(json, context);
  if (ends.length > MAXIMUM_ENDS) throw tooMany(context, 'inputs or outputs', MAXIMUM_ENDS);
  const seen = new Set<string>();
  for (const { layer, node, tensor } of ends) {
    const key = `${node} ${tensor} ${layer}`;
    if (seen.has(key)) {
      throw notBuildable(
        `Expected inputs and outputs that differ but ${context.fileName} lists ${shownName(layer)} twice.`,
      );
    }
    seen.add(key);
  }
  return ends;
}

function parseLayer(json: unknown, context: ParseContext, unsupported: string[], depth: number): LayerSpec {
  if (!isJsonObject(json)) throw invalidFile(context.fileName, 'has a layer that is no JSON object');
  const { class_name: kerasClass, config } = json;
  if (typeof kerasClass !== 'string') throw invalidFile(context.fileName, 'has a layer without a class');
  const fields: JsonObject = isJsonObject(config) ? config : {};
  const name = [json['name'], fields['name']].find((value) => typeof value === 'string') ?? kerasClass;
  if (isOperation(json)) {
    const operation = parseOperation(json, name, context, unsupported);
    return operation ?? { name, className: kerasClass, config: {}, nodes: [] };
  }
  const nodes = parseNodes(json['inbound_nodes'], name, context);
  if (kerasClass === 'Sequential' || FUNCTIONAL.includes(kerasClass)) {
    const model = parseContainer(json, context, unsupported, depth + 1);
    return { name, className: kerasClass, config: {}, model, nodes };
  }
  // A layer that changes pictures only in training passes them through.
  if (isIdentityInInference(kerasClass)) {
    return {
      name,
      className: 'Activation',
      config: { activation: 'linear', name, ...inputShapeOf(fields) },
      nodes,
    };
  }
  if (kerasClass === 'ZooOperation') {
    return { name, className: kerasClass, config: { ...(camelCaseValues(fields) as object), name }, nodes };
  }
  if (kerasClass === 'Normalization' || kerasClass === 'ZooNormalization') {
    const { axis, mean, variance, invert } = fields;
    const statisticsInitializer = { className: 'Zeros', config: {} };
    const config = { name, axis, mean, variance, invert, statisticsInitializer, ...inputShapeOf(fields) };
    return { name, className: 'ZooNormalization', config, nodes };
  }
  const className = parseClassName(kerasClass, fields);
  const shown = `${escapedName(kerasClass)} ('${escapedName(name)}')`;
  if (!isSupportedClass(className)) {
    unsupported.push(shown);
    return { name, className, config: {}, nodes };
  }
  const parsed = parseLayerConfig(className, kerasClass, fields, context);
  for (const problem of parsed.unsupported) unsupported.push(`${shown} with ${problem}`);
  return { name, className: parsed.className, config: { ...parsed.config, name }, nodes };
}
