import { isJsonObject } from '../architecture/json-object';
import { parseJson } from '../architecture/parse-json';
import { invalidFile, shownName } from '../source/byte-source';
import { decodeValues, elementCount, expectTensorCount, type TensorValues } from '../tensor-data';

import { specBytes, type LayersModelJson, type WeightSpec } from './encode-layers-model';

/** Parses model.json and checks what is read of it. */
export function parseLayersModelJson(text: string, fileName: string): LayersModelJson {
  const json = parseJson(
    text,
    fileName,
    'is no JSON',
    'It should be the model.json of a TensorFlow.js LayersModel.',
  );
  if (!isJsonObject(json) || json['modelTopology'] == null || !Array.isArray(json['weightsManifest'])) {
    throw invalidFile(fileName, 'is no model.json of a TensorFlow.js LayersModel');
  }
  if (json['format'] === 'graph-model') {
    throw invalidFile(fileName, 'describes a graph model', 'Load it with tf.loadGraphModel.');
  }
  const seen = new Set<unknown>();
  for (const group of json['weightsManifest'] as unknown[]) {
    expectGroup(group, fileName);
    for (const path of (group as { paths: unknown[] }).paths) {
      // However its path is written, a file read twice would be in memory twice.
      const plain = plainPath(path as string);
      if (seen.has(plain)) throw invalidFile(fileName, `lists the file ${shownName(String(path))} twice`);
      seen.add(plain);
    }
  }
  const manifest = (json as unknown as LayersModelJson).weightsManifest;
  const names = manifest.flatMap(({ weights }) => weights.map(({ name }) => name));
  expectTensorCount(fileName, names.length);
  const once = new Set<string>();
  for (const name of names) {
    if (once.has(name)) throw invalidFile(fileName, `lists the weight ${shownName(name)} twice`);
    once.add(name);
  }
  return json as unknown as LayersModelJson;
}

function expectGroup(group: unknown, fileName: string): void {
  const isSound =
    isJsonObject(group) &&
    Array.isArray(group['paths']) &&
    group['paths'].every(isPlainPath) &&
    Array.isArray(group['weights']) &&
    group['weights'].every(isWeightSpec);
  if (isSound) return;
  throw invalidFile(
    fileName,
    'lists its weights in a way that is not read',
    'Weights are float32, int32 or bool, and may be quantized to float16, uint16 or uint8.',
  );
}

/** `./a//b` as `a/b`. */
function plainPath(path: string): string {
  return path
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** A path below the model's folder, never out of it. */
function isPlainPath(path: unknown): boolean {
  return typeof path === 'string' && !/^([/\\]|[a-z]+:)/i.test(path) && !path.split(/[/\\]/).includes('..');
}

function isWeightSpec(spec: unknown): spec is WeightSpec {
  return (
    isJsonObject(spec) &&
    typeof spec['name'] === 'string' &&
    Array.isArray(spec['shape']) &&
    Number.isFinite(elementCount(spec['shape'] as number[])) &&
    ['float32', 'int32', 'bool'].includes(spec['dtype'] as string) &&
    (spec['quantization'] === undefined || (spec['dtype'] !== 'bool' && isQuantization(spec['quantization'])))
  );
}

function isQuantization(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  if (value['dtype'] === 'float16') return true;
  const isWhole = value['dtype'] === 'uint8' || value['dtype'] === 'uint16';
  return isWhole && Number.isFinite(value['scale']) && Number.isFinite(value['min']);
}

/** Bytes of all weights of a group. */
export function groupBytes(weights: readonly WeightSpec[]): number {
  return weights.reduce((total, spec) => total + specBytes(spec), 0);
}

/** The numbers of a weight from its bytes, quantized ones as TensorFlow.js has them: those of int32 rounded. */
export function decodeWeight(
  bytes: Uint8Array<ArrayBuffer>,
  { dtype, quantization }: WeightSpec,
): TensorValues {
  if (quantization === undefined) return decodeValues(bytes, dtype);
  const values = decodeValues(bytes, quantization.dtype) as Float32Array | Uint8Array | Uint16Array;
  const numbers =
    quantization.dtype === 'float16'
      ? (values as Float32Array)
      : Float32Array.from(values, (value) => value * quantization.scale + quantization.min);
  return dtype === 'int32' ? Int32Array.from(numbers, Math.round) : numbers;
}
