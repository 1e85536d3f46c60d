import { isJsonObject, type JsonObject } from './json-object';
import { keras1Config } from './keras1-config';
import type { ParseContext } from './parse-model';
import { parseActivation, parseInitializer, parseRegularizer } from './parse-objects';

/** A layer's configuration in TensorFlow.js' terms, and what of it TensorFlow.js can't do. */
export interface ParsedConfig {
  readonly className: string;
  readonly config: Record<string, unknown>;
  readonly unsupported: readonly string[];
}

/** Keys that say nothing about what a layer computes, or nothing that TensorFlow.js knows. */
const IGNORED = ['dtype', 'module', 'registered_name', 'build_config', 'ragged', 'autocast', 'seed', 'name'];

const PADDINGS = ['valid', 'same'];

/** Turns a layer's configuration from any version of Keras, or from TensorFlow.js, into what TensorFlow.js' class takes. */
export function parseLayerConfig(
  className: string,
  kerasClass: string,
  fields: JsonObject,
  context: ParseContext,
): ParsedConfig {
  const modern = context.kerasMajor === 1 ? keras1Config(className, kerasClass, fields) : fields;
  const unsupported: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modern)) {
    if (!IGNORED.includes(key)) config[camelCase(key)] = parseField(key, value, context, unsupported);
  }
  if (className === 'InputLayer') config['dtype'] = dtypeName(modern['dtype']);
  if ('batchShape' in config) {
    config['batchInputShape'] ??= config['batchShape'];
    delete config['batchShape'];
  }
  // Keras 1: norms of each example by itself, and norms by the batch's statistics always.
  const mode = fields['mode'];
  if (className === 'BatchNormalization' && typeof mode === 'number' && mode !== 0)
    unsupported.push(`mode ${mode}`);
  adjust(className, kerasClass, config, unsupported);
  return { className, config, unsupported };
}

function parseField(key: string, value: unknown, context: ParseContext, unsupported: string[]): unknown {
  if (key.endsWith('initializer')) return parseInitializer(value);
  if (key.endsWith('regularizer')) return parseRegularizer(value, key, unsupported);
  if (key === 'activation' || key === 'recurrent_activation') {
    return parseActivation(value, context.kerasMajor, unsupported);
  }
  return camelCaseValues(value);
}

function adjust(
  className: string,
  kerasClass: string,
  config: Record<string, unknown>,
  unsupported: string[],
): void {
  const groups = config['groups'];
  if (typeof groups === 'number' && groups !== 1) unsupported.push(`${groups} groups`);
  const padding = config['padding'];
  if (typeof padding === 'string' && !PADDINGS.includes(padding)) unsupported.push(`padding '${padding}'`);
  if (config['keepdims'] === true) unsupported.push('keepdims');
  const axis = config['axis'];
  if (className === 'BatchNormalization' && Array.isArray(axis)) {
    if (axis.length === 1) [config['axis']] = axis as [unknown];
    else unsupported.push('more than one axis');
  }
  if (className === 'BatchNormalization' && config['renorm'] === true) unsupported.push('renorm');
  if (className === 'SeparableConv2D' || className === 'DepthwiseConv2D') {
    // Inherited from Conv2D in Keras' configurations, without a meaning there; TensorFlow.js refuses them.
    for (const key of ['kernelInitializer', 'kernelRegularizer', 'kernelConstraint']) config[key] = undefined;
  }
  if (className === 'LeakyReLU') config['alpha'] ??= config['negativeSlope'];
  if (className === 'ReLU' && Number(config['threshold'] ?? 0) !== 0) unsupported.push('a threshold');
  if (className === 'LeakyReLU' && kerasClass === 'ReLU' && config['maxValue'] != null) {
    unsupported.push('both a slope and a maximum');
  }
  if (kerasClass === 'SpatialDropout2D') {
    config['noiseShape'] = config['dataFormat'] === 'channelsFirst' ? [null, null, 1, 1] : [null, 1, 1, null];
  }
}

function dtypeName(value: unknown): unknown {
  if (!isJsonObject(value)) return value ?? 'float32';
  const policy = isJsonObject(value['config']) ? value['config']['name'] : undefined;
  return policy === 'int32' ? 'int32' : 'float32';
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
