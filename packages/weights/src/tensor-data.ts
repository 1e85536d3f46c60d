import { ArgumentError } from '@zoo/core';

import { invalidFile, shownName } from './source/byte-source';

/** Number types that weight files store. */
export type StoredType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

/** Values of a stored tensor; half-precision numbers arrive as float32. */
export type TensorValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** A tensor on the host, on its way from or to a file: its shape and its values in row-major order. */
export interface HostTensor<Values extends TensorValues = Float32Array> {
  readonly shape: readonly number[];
  readonly values: Values;
}

/** Bytes that one number of each type takes. */
export const ELEMENT_BYTES: Readonly<Record<StoredType, number>> = {
  float64: 8,
  int64: 8,
  uint64: 8,
  float32: 4,
  int32: 4,
  uint32: 4,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Numbers in a tensor of `shape`; NaN if the product is beyond what a number counts exactly. */
export function elementCount(shape: readonly number[]): number {
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)
    ? count
    : NaN;
}

/** The numbers in little-endian `bytes`, without a copy where they are aligned. */
export function decodeValues(bytes: Uint8Array<ArrayBuffer>, type: StoredType): TensorValues {
  const width = ELEMENT_BYTES[type];
  const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const count = aligned.byteLength / width;
  switch (type) {
    case 'float64':
      return new Float64Array(buffer, byteOffset, count);
    case 'float32':
      return new Float32Array(buffer, byteOffset, count);
    case 'float16':
      return float16ToFloat32(new Uint16Array(buffer, byteOffset, count));
    case 'bfloat16':
      return bfloat16ToFloat32(new Uint16Array(buffer, byteOffset, count));
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, count);
    case 'uint64':
      return new BigUint64Array(buffer, byteOffset, count);
    case 'int32':
      return new Int32Array(buffer, byteOffset, count);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'int16':
      return new Int16Array(buffer, byteOffset, count);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'int8':
      return new Int8Array(buffer, byteOffset, count);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, count);
  }
}

/**
 * The little-endian bytes of `values` as numbers of `type`: as they lie in memory, or float32 rounded to float16 or bfloat16, to the
 * nearest and of two to the even one. Undefined where `values` are no numbers of that type.
 */
export function encodeValues(values: TensorValues, type: StoredType): Uint8Array<ArrayBuffer> | undefined {
  if (values instanceof Float32Array) {
    if (type === 'float16') return bytesOf(float32ToFloat16(values));
    if (type === 'bfloat16') return bytesOf(float32ToBfloat16(values));
  }
  const isBool = type === 'bool' && values instanceof Uint8Array;
  return isBool || typeOfValues(values) === type ? bytesOf(values) : undefined;
}

/** The largest number of float16. */
const LARGEST_FLOAT16 = 65504;

/**
 * Throws unless rounding `values` to float16 makes no infinity: those that are there already stay what they are.
 *
 * @throws ArgumentError that names the weight.
 */
export function expectWithinFloat16(name: string, values: TensorValues): void {
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

/** `values` as float32, itself if it is that already. */
export function toFloat32(values: TensorValues): Float32Array {
  if (values instanceof Float32Array) return values;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    return Float32Array.from(values, Number);
  }
  return new Float32Array(values);
}

/** The bytes of `values`, as they lie in memory. */
export function bytesOf(values: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
}

/** The stored type that a typed array's class writes. */
export function typeOfValues(values: TensorValues): StoredType {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  if (values instanceof Int32Array) return 'int32';
  if (values instanceof Uint8Array) return 'uint8';
  if (values instanceof BigInt64Array) return 'int64';
  if (values instanceof BigUint64Array) return 'uint64';
  if (values instanceof Uint32Array) return 'uint32';
  if (values instanceof Int16Array) return 'int16';
  if (values instanceof Uint16Array) return 'uint16';
  return 'int8';
}

/** Tensors that a file may list: a hundred times those of the largest networks. */
const MAXIMUM_TENSORS = 100_000;

/** Throws if a file lists more tensors than any network has. */
export function expectTensorCount(fileName: string, count: number): void {
  if (count > MAXIMUM_TENSORS) throw invalidFile(fileName, `lists ${count} tensors, as no network has`);
}

/** Throws unless `sizeBytes` is what `shape` of `type` takes. */
export function expectTensorBytes(
  fileName: string,
  name: string,
  shape: readonly number[],
  type: StoredType,
  sizeBytes: number,
): void {
  if (elementCount(shape) * ELEMENT_BYTES[type] === sizeBytes) return;
  throw invalidFile(
    fileName,
    `gives ${shownName(name)} ${sizeBytes} bytes, which ${type} numbers of shape [${shape.join(', ')}] do not take`,
  );
}

function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const each = bits[i]!;
    // A NaN stays a NaN, whatever rounding would carry into its bits.
    const isNan = (each & 0x7fff_ffff) > 0x7f80_0000;
    halves[i] = isNan ? 0x7fc0 : (each + 0x7fff + ((each >>> 16) & 1)) >>> 16;
  }
  return halves;
}

/** The largest float32 that does not round to infinity is just below this: half-way from 65504 to the next. */
const FLOAT16_OVERFLOW_BITS = 0x477f_f000;
/** 2 ** -14, the smallest that float16 holds with all its digits. */
const FLOAT16_NORMAL_BITS = 0x3880_0000;

function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = bitsOf(values);
  const halves = new Uint16Array(bits.length);
  const scratch = new Float32Array(1);
  const scratchBits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & 0x7fff_ffff;
    let half: number;
    if (magnitude > 0x7f80_0000) half = 0x7e00;
    else if (magnitude >= FLOAT16_OVERFLOW_BITS) half = 0x7c00;
    else if (magnitude < FLOAT16_NORMAL_BITS) {
      // Beside a half, float32 has the step of float16's smallest numbers, 2 ** -24: the addition rounds.
      scratch[0] = Math.abs(values[i]!) + 0.5;
      half = scratchBits[0]! - 0x3f00_0000;
    } else half = (magnitude + 0xfff + ((magnitude >>> 13) & 1) - 0x3800_0000) >>> 13;
    halves[i] = half | ((bits[i]! >>> 16) & 0x8000);
  }
  return halves;
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** IEEE 754 binary16, subnormals, infinities and NaN included. */
function float16ToFloat32(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) === 0 ? 1 : -1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) values[i] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}
