import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, expectOneOf, METADATA_KEY, modelMetadataJson } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { modelWeights, type ModelWeight } from '../model/model-layers';
import {
  ELEMENT_BYTES,
  elementCount,
  encodeValues,
  type HostTensor,
  type StoredType,
  type TensorValues,
  typeOfValues,
} from '../tensor-data';

import { SAFETENSORS_TYPES } from './read-safetensors';

/** A tensor to write: {@link writeSafetensors}. */
export interface WritableTensor extends HostTensor<TensorValues> {
  /**
   * What its numbers are stored as. Default: what the array's class says. A Float32Array is rounded to `'float16'` or `'bfloat16'`, to
   * the nearest; Uint8Array may be `'bool'`.
   */
  readonly type?: StoredType;
}

/**
 * The bytes of a safetensors file that holds `tensors`.
 *
 * @param tensors Names and tensors; wider numbers are stored first, so that all are aligned.
 * @param metadata Texts to keep beside them, read back as `metadata`.
 * @throws ArgumentError if a shape does not fit its values, a type is not theirs, or a name is taken (`__metadata__`).
 * @see https://github.com/huggingface/safetensors#format
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, WritableTensor>> | Iterable<readonly [string, WritableTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...(Symbol.iterator in tensors ? tensors : Object.entries(tensors))];
  entries.forEach(expectWritable);
  entries.sort(([, left], [, right]) => ELEMENT_BYTES[typeOf(right)] - ELEMENT_BYTES[typeOf(left)]);
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  let dataBytes = 0;
  for (const [name, tensor] of entries) {
    if (header.has(name)) throw new ArgumentError('tensors', 'names that differ', name);
    const end = dataBytes + tensor.values.length * ELEMENT_BYTES[typeOf(tensor)];
    header.set(name, {
      dtype: SAFETENSORS_TYPES.get(typeOf(tensor)),
      shape: tensor.shape,
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
  for (const [name, tensor] of entries) {
    const bytes = encodeValues(tensor.values, typeOf(tensor));
    if (bytes === undefined) throw wrongType(name, tensor);
    file.set(bytes, position);
    position += bytes.byteLength;
  }
  return file;
}

function typeOf({ type, values }: WritableTensor): StoredType {
  return type ?? typeOfValues(values);
}

function wrongType(name: string, { type, values }: WritableTensor): ArgumentError {
  const fitting =
    values instanceof Float32Array ? "'float32', 'float16' or 'bfloat16'" : `'${typeOfValues(values)}'`;
  return new ArgumentError(`tensors[${JSON.stringify(name)}].type`, fitting, type);
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

function expectWritable([name, { shape, values }]: readonly [string, WritableTensor]): void {
  if (name === '__metadata__') throw new ArgumentError('tensors', 'a name other than __metadata__', name);
  if (elementCount(shape) === values.length) return;
  throw new ArgumentError(
    `tensors[${JSON.stringify(name)}]`,
    `${elementCount(shape)} values for the shape [${shape.join(', ')}]`,
    values.length,
  );
}

/** What {@link encodeSafetensors} takes. */
export const SAFETENSORS_OPTIONS = {
  /** What weights are stored as: the model's own type, or rounded to half the bytes. Class names and preprocessing stay with both. */
  dtype: { type: 'choice', choices: ['float32', 'float16'], default: 'float32' },
} as const satisfies OptionTable;

/** Options of {@link encodeSafetensors}. */
export interface SafetensorsOptions extends OptionsOf<typeof SAFETENSORS_OPTIONS> {}

/**
 * The weights of `model` as a safetensors file, under the names `<layer>/<weight>`, in TensorFlow's layouts.
 *
 * @throws ArgumentError for a weight beyond what float16 holds, 65504, where `dtype` asks for it.
 */
export async function encodeSafetensors(
  model: tfl.LayersModel,
  options: SafetensorsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype } = readOptions(SAFETENSORS_OPTIONS, options);
  const tensors: [string, WritableTensor][] = [];
  for (const weight of modelWeights(model)) {
    const tensor = await hostTensor(weight);
    if (dtype === 'float16') expectWithinFloat16(weight.name, tensor);
    const isRounded = dtype === 'float16' && tensor.values instanceof Float32Array;
    tensors.push([weight.name, isRounded ? { ...tensor, type: 'float16' } : tensor]);
  }
  const metadata = modelMetadataJson(model);
  return writeSafetensors(tensors, {
    format: 'tf',
    ...(metadata !== undefined && { [METADATA_KEY]: metadata }),
  });
}

const LARGEST_FLOAT16 = 65504;

/** Infinities of the model's own stay what they are; rounding makes no new ones. */
function expectWithinFloat16(name: string, { values }: HostTensor<TensorValues>): void {
  if (!(values instanceof Float32Array)) return;
  const beyond = values.find((value) => Math.abs(value) > LARGEST_FLOAT16 && Number.isFinite(value));
  if (beyond === undefined) return;
  throw new ArgumentError(
    'options.dtype',
    `weights of at most ${LARGEST_FLOAT16} for float16`,
    `${beyond} in ${name}`,
    'Save float32.',
  );
}

async function hostTensor({ variable }: ModelWeight): Promise<HostTensor<TensorValues>> {
  expectOneOf('dtype', variable.dtype, ['float32', 'int32', 'bool']);
  return { shape: variable.shape as number[], values: (await variable.read().data()) as TensorValues };
}
