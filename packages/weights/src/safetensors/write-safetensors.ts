import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, expectOneOf, METADATA_KEY, modelMetadataJson } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { leafLayers, type ModelWeight } from '../model/model-layers';
import { SCALE_SUFFIX } from '../quantize/dequantized';
import { kernelChannelAxes } from '../quantize/kernel-axes';
import { quantizeChannels } from '../quantize/quantize-channels';
import {
  ELEMENT_BYTES,
  elementCount,
  encodeValues,
  expectWithinFloat16,
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
  /**
   * What weights are stored as: the model's own type; rounded to half the bytes; or kernels to a quarter, whole numbers `<name>` beside
   * `<name>_scale`, a float32 factor for each output, and all else float32. Class names and preprocessing stay with all.
   */
  dtype: { type: 'choice', choices: ['float32', 'float16', 'int8'], default: 'float32' },
} as const satisfies OptionTable;

/** Options of {@link encodeSafetensors}. */
export interface SafetensorsOptions extends OptionsOf<typeof SAFETENSORS_OPTIONS> {}

/**
 * Encodes the weights of `model` as a safetensors file, under the names `<layer>/<weight>`, in TensorFlow's layouts.
 *
 * @throws ArgumentError for a weight beyond what float16 holds, 65504, where `dtype` asks for it; ZooError 'not-finite' for a kernel that
 *   int8 can't hold.
 */
export async function encodeSafetensors(
  model: tfl.LayersModel,
  options: SafetensorsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { dtype } = readOptions(SAFETENSORS_OPTIONS, options);
  const tensors: [string, WritableTensor][] = [];
  for (const { layer, weights } of leafLayers(model)) {
    for (const weight of weights) {
      const tensor = await hostTensor(weight);
      if (dtype === 'float16') tensors.push([weight.name, rounded(weight.name, tensor)]);
      else if (dtype === 'int8') tensors.push(...quantized(layer, weight.name, tensor));
      else tensors.push([weight.name, tensor]);
    }
  }
  const metadata = modelMetadataJson(model);
  return writeSafetensors(tensors, {
    format: 'tf',
    ...(metadata !== undefined && { [METADATA_KEY]: metadata }),
  });
}

function rounded(name: string, tensor: HostTensor<TensorValues>): WritableTensor {
  expectWithinFloat16(name, tensor.values);
  return tensor.values instanceof Float32Array ? { ...tensor, type: 'float16' } : tensor;
}

/** A kernel in whole numbers and its scales, whose shape makes `values * scales` the kernel as NumPy multiplies; all else as it is. */
function quantized(
  layer: tfl.layers.Layer,
  name: string,
  tensor: HostTensor<TensorValues>,
): [string, WritableTensor][] {
  const { shape } = tensor;
  const axes = kernelChannelAxes(layer, name, shape);
  if (axes === undefined || !(tensor.values instanceof Float32Array)) return [[name, tensor]];
  const { values, scales } = quantizeChannels(name, tensor.values, shape, axes);
  const scaleShape = shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  return [
    [name, { shape, values }],
    [`${name}${SCALE_SUFFIX}`, { shape: scaleShape, values: scales }],
  ];
}

async function hostTensor({ variable }: ModelWeight): Promise<HostTensor<TensorValues>> {
  expectOneOf('dtype', variable.dtype, ['float32', 'int32', 'bool']);
  return { shape: variable.shape as number[], values: (await variable.read().data()) as TensorValues };
}
