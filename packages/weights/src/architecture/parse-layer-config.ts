import { cutText } from '@zoo/core';

import { classFor } from '../layers/keras-layers';
import { escapedName } from '../source/byte-source';

import { isJsonObject, type JsonObject } from './json-object';
import { keras1Config } from './keras1-config';
import { parseClassName } from './layer-classes';
import { unreadOptions } from './layer-options';
import type { ParseContext } from './model-spec';
import { optionProblems, typeName } from './option-problems';
import { parseActivation, parseConstraint, parseInitializer, parseRegularizer } from './parse-objects';

/** A layer's configuration in TensorFlow.js' terms, and what of it can't be done. */
export interface ParsedConfig {
  readonly className: string;
  readonly config: Record<string, unknown>;
  /** Each names an option of Keras: `padding 'causal'`. */
  readonly unsupported: readonly string[];
}

/** Keys that say nothing about what a layer computes, or nothing that TensorFlow.js knows: of `unroll` it only warns. */
const IGNORED = [
  ...['dtype', 'module', 'registered_name', 'build_config', 'ragged', 'autocast', 'seed', 'name', 'unroll'],
];

/** Layers within layers. */
const INNER_LAYERS = ['layer', 'cell', 'cells', 'backward_layer'];

/** Turns a layer's configuration from any version of Keras, or from TensorFlow.js, into what TensorFlow.js' class takes. */
export function parseLayerConfig(
  className: string,
  kerasClass: string,
  fields: JsonObject,
  context: ParseContext,
): ParsedConfig {
  const modern = context.kerasMajor === 1 ? keras1Config(className, kerasClass, fields) : fields;
  const unsupported = [
    ...unreadOptions(className, modern).map((key) => `${key} ${cutText(JSON.stringify(modern[key]), 80)}`),
    ...optionProblems(className, { ...modern, mode: fields['mode'] }),
  ];
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modern)) {
    if (!IGNORED.includes(key)) config[camelCase(key)] = parseField(key, value, context, unsupported);
  }
  if (className === 'InputLayer') config['dtype'] = inputType(modern['dtype']);
  if ('batchShape' in config) {
    config['batchInputShape'] ??= config['batchShape'];
    delete config['batchShape'];
  }
  adjust(className, kerasClass, config);
  return { className: classFor(className, config), config, unsupported };
}

function parseField(key: string, value: unknown, context: ParseContext, unsupported: string[]): unknown {
  if (key.endsWith('initializer')) return parseInitializer(value);
  if (key.endsWith('regularizer')) return parseRegularizer(value, key, unsupported);
  if (key.endsWith('constraint')) return parseConstraint(value, key, unsupported);
  if (key === 'activation' || key === 'recurrent_activation')
    return parseActivation(value, key, context.kerasMajor, unsupported);
  if (INNER_LAYERS.includes(key)) {
    const parse = (inner: unknown) => parseInnerLayer(inner, key, context, unsupported);
    return Array.isArray(value) ? value.map(parse) : parse(value);
  }
  return camelCaseValues(value);
}

/** A layer within a layer, as TensorFlow.js makes one of its configuration. */
function parseInnerLayer(json: unknown, key: string, context: ParseContext, unsupported: string[]): unknown {
  if (!isJsonObject(json)) return undefined;
  const kerasClass = String(json['class_name']);
  // Keras sets this one itself for bidirectional layers.
  const fields = { ...(isJsonObject(json['config']) ? json['config'] : {}), zero_output_for_mask: undefined };
  const className = parseClassName(kerasClass, fields);
  const parsed = parseLayerConfig(className, kerasClass, fields, context);
  for (const problem of parsed.unsupported)
    unsupported.push(`${key} ${escapedName(kerasClass)} with ${problem}`);
  return { className: parsed.className, config: { ...parsed.config, name: (fields as JsonObject)['name'] } };
}

function adjust(className: string, kerasClass: string, config: Record<string, unknown>): void {
  const axis = config['axis'];
  if (className === 'BatchNormalization' && Array.isArray(axis)) [config['axis']] = axis as [unknown];
  if (className === 'SeparableConv2D' || className === 'DepthwiseConv2D') {
    // Keras' configurations inherit these from Conv2D, where they have no meaning; TensorFlow.js refuses them.
    for (const key of ['kernelInitializer', 'kernelRegularizer', 'kernelConstraint']) config[key] = undefined;
  }
  if (className === 'LeakyReLU') config['alpha'] ??= config['negativeSlope'];
  if (kerasClass === 'SpatialDropout2D') {
    config['noiseShape'] = config['dataFormat'] === 'channelsFirst' ? [null, null, 1, 1] : [null, 1, 1, null];
  }
}

/** What a model's input is cast to: whole numbers of any width are TensorFlow.js' int32, fractions of any precision its float32. */
function inputType(value: unknown): string {
  const name = typeName(value);
  if (name === 'bool' || name === 'string') return name;
  return /^u?int/.test(name) ? 'int32' : 'float32';
}

/** `data_format` as `dataFormat`; only letters and digits may follow an underscore. */
export function camelCase(text: string): string {
  return text.replace(/_+(\w|$)/g, (_, next: string) => next.toUpperCase());
}

/** Keys and words within `value` in camel case, as TensorFlow.js does with whatever it reads; names stay. */
export function camelCaseValues(value: unknown): unknown {
  if (typeof value === 'string') return camelCase(value);
  if (Array.isArray(value)) return value.map(camelCaseValues);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      camelCase(key),
      key === 'name' || key === 'class_name' ? inner : camelCaseValues(inner),
    ]),
  );
}
