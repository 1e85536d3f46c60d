import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, expectOneOf, METADATA_KEY, modelMetadataJson } from '@zoo/core';

import { modelWeights, type ModelWeight } from '../model/model-layers';
import {
  bytesOf,
  ELEMENT_BYTES,
  elementCount,
  type HostTensor,
  type TensorValues,
  typeOfValues,
} from '../tensor-data';

import { SAFETENSORS_TYPES } from './read-safetensors';

/**
 * The bytes of a safetensors file that holds `tensors`.
 *
 * @param tensors Names and tensors; wider numbers are stored first, so that all are aligned.
 * @param metadata Texts to keep beside them, read back as `metadata`.
 * @throws ArgumentError if a shape does not fit its values, or if a name is taken (`__metadata__`).
 * @see https://github.com/huggingface/safetensors#format
 */
export function writeSafetensors(
  tensors:
    | Readonly<Record<string, HostTensor<TensorValues>>>
    | Iterable<readonly [string, HostTensor<TensorValues>]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...(Symbol.iterator in tensors ? tensors : Object.entries(tensors))];
  entries.forEach(expectWritable);
  entries.sort(([, left], [, right]) => right.values.BYTES_PER_ELEMENT - left.values.BYTES_PER_ELEMENT);
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  let dataBytes = 0;
  for (const [name, { shape, values }] of entries) {
    if (header.has(name)) throw new ArgumentError('tensors', 'names that differ', name);
    const end = dataBytes + values.byteLength;
    header.set(name, {
      dtype: SAFETENSORS_TYPES.get(typeOfValues(values)),
      shape,
      data_offsets: [dataBytes, end],
    });
    dataBytes = end;
  }
  const text = jsonOf(header);
  // Spaces to the next multiple of eight: the data starts aligned.
  const head = new TextEncoder().encode(text.padEnd(text.length + padding(text)));
  const file = new Uint8Array(8 + head.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.byteLength), true);
  file.set(head, 8);
  let position = 8 + head.byteLength;
  for (const [, { values }] of entries) {
    file.set(bytesOf(values), position);
    position += values.byteLength;
  }
  return file;
}

/** A Map as JSON: an object would put names that look like integers first, and lose `__proto__`. */
function jsonOf(header: ReadonlyMap<string, unknown>): string {
  const fields = Array.from(header, ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${fields.join(',')}}`;
}

function padding(text: string): number {
  const sizeBytes = new TextEncoder().encode(text).byteLength;
  return (8 - (sizeBytes % 8)) % 8;
}

function expectWritable([name, { shape, values }]: readonly [string, HostTensor<TensorValues>]): void {
  if (name === '__metadata__') throw new ArgumentError('tensors', 'a name other than __metadata__', name);
  if (elementCount(shape) * ELEMENT_BYTES[typeOfValues(values)] === values.byteLength) return;
  throw new ArgumentError(
    `tensors[${JSON.stringify(name)}]`,
    `${elementCount(shape)} values for the shape [${shape.join(', ')}]`,
    values.length,
  );
}

/** The weights of `model` as a safetensors file, under the names `<layer>/<weight>`, in TensorFlow's layouts. */
export async function encodeSafetensors(model: tfl.LayersModel): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: [string, HostTensor<TensorValues>][] = [];
  for (const weight of modelWeights(model)) tensors.push([weight.name, await hostTensor(weight)]);
  const metadata = modelMetadataJson(model);
  return writeSafetensors(tensors, {
    format: 'tf',
    ...(metadata !== undefined && { [METADATA_KEY]: metadata }),
  });
}

async function hostTensor({ variable }: ModelWeight): Promise<HostTensor<TensorValues>> {
  expectOneOf('dtype', variable.dtype, ['float32', 'int32', 'bool']);
  return { shape: variable.shape as number[], values: (await variable.read().data()) as TensorValues };
}
