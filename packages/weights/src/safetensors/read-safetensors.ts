import { describeValue } from '@zoo/core';

import { MAXIMUM_JSON_BYTES } from '../architecture/json-object';
import { parseJson } from '../architecture/parse-json';
import { invalidFile, memorySource, readWithin, shownName, type ByteSource } from '../source/byte-source';
import type { StoredTensor } from '../stored-tensor';
import {
  decodeValues,
  expectTensorBytes,
  expectTensorCount,
  type StoredType,
  type TensorValues,
} from '../tensor-data';

/** What the format calls each number type. */
export const SAFETENSORS_TYPES: ReadonlyMap<StoredType, string> = new Map<StoredType, string>([
  ['float64', 'F64'],
  ['float32', 'F32'],
  ['float16', 'F16'],
  ['bfloat16', 'BF16'],
  ['int64', 'I64'],
  ['int32', 'I32'],
  ['int16', 'I16'],
  ['int8', 'I8'],
  ['uint64', 'U64'],
  ['uint32', 'U32'],
  ['uint16', 'U16'],
  ['uint8', 'U8'],
  ['bool', 'BOOL'],
]);

const TYPE_NAMES = new Map(Array.from(SAFETENSORS_TYPES, ([type, name]) => [name, type]));

const MAXIMUM_RANK = 32;

/** Where a tensor lies in a file, without its values. */
export interface TensorEntry {
  readonly shape: readonly number[];
  readonly type: StoredType;
  /** From the start of the file. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The table of a safetensors file, whose tensors are read one by one. */
export interface SafetensorsTable {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, TensorEntry>;
}

/** A safetensors file in memory: see {@link readSafetensors}. */
export interface SafetensorsFile extends SafetensorsTable {
  /** Names of the tensors, in the file's order. */
  readonly names: readonly string[];
  /** Shape and values of a tensor, decoded when asked for; aligned values are a view on the file's bytes. Undefined if absent. */
  tensor(name: string): { shape: readonly number[]; type: StoredType; values: TensorValues } | undefined;
}

/**
 * Reads a safetensors file in memory; it parses only the header, and each tensor when it is asked for.
 *
 * @throws ZooError 'invalid-file' if the bytes are no sound safetensors file.
 */
export function readSafetensors(bytes: Uint8Array<ArrayBuffer>): SafetensorsFile {
  const source = memorySource(bytes);
  const headerBytes = headerLength(source, bytes.subarray(0, 8));
  const table = parseHeader(source, bytes.subarray(8, 8 + headerBytes));
  return {
    ...table,
    names: [...table.entries.keys()],
    tensor(name) {
      const entry = table.entries.get(name);
      if (entry === undefined) return undefined;
      const { shape, type, offset, sizeBytes } = entry;
      return { shape, type, values: decodeValues(bytes.subarray(offset, offset + sizeBytes), type) };
    },
  };
}

/** Reads the table of the safetensors file in `source`; two small reads. Throws ZooError 'invalid-file'. */
export async function readSafetensorsTable(source: ByteSource): Promise<SafetensorsTable> {
  const length = headerLength(source, await readWithin(source, 0, 8));
  return parseHeader(source, await readWithin(source, 8, length));
}

/** The tensors of the safetensors file in `source`, unread, and its metadata. Throws ZooError 'invalid-file'. */
export async function openSafetensors(source: ByteSource): Promise<{
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}> {
  const { entries, metadata } = await readSafetensorsTable(source);
  const tensors = Array.from(entries, ([name, { shape, type, offset, sizeBytes }]) => ({
    name,
    shape,
    type,
    read: async () => decodeValues(await readWithin(source, offset, sizeBytes), type),
  }));
  return { tensors, metadata };
}

/** True if a file that begins so is one of safetensors: the length of a header in JSON, and that. */
export function isSafetensors(start: Uint8Array): boolean {
  return start.length > 9 && start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0);
}

function headerLength(source: ByteSource, start: Uint8Array): number {
  if (start.byteLength < 8) throw invalidFile(source.name, 'is too short for a safetensors file');
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(Math.min(MAXIMUM_JSON_BYTES, source.sizeBytes - 8)) || length < 2n) {
    throw invalidFile(source.name, 'is no safetensors file: the length of its header is impossible');
  }
  return Number(length);
}

function parseHeader(source: ByteSource, header: Uint8Array): SafetensorsTable {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(header);
  } catch (cause) {
    throw invalidFile(source.name, 'has a header that is no JSON', '', cause);
  }
  // Tensors and metadata may have any name.
  const json = parseJson(text, source.name, 'has a header that is no JSON', '', 2);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalidFile(source.name, 'has a header that is no JSON object');
  }
  const dataStart = 8 + header.byteLength;
  const entries = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  const items = Object.entries(json);
  expectTensorCount(source.name, items.length);
  for (const [name, value] of items) {
    if (name === '__metadata__') metadata = expectMetadata(source, value);
    else entries.set(name, parseEntry(source, name, value, dataStart));
  }
  expectNoGaps(source, entries, dataStart);
  return { metadata, entries };
}

/**
 * Throws unless the tensors' numbers lie behind each other up to the file's end, as the format has it: what one list of tensors
 * leaves out, another one's, a name's that stands there twice, may hold.
 */
function expectNoGaps(
  source: ByteSource,
  entries: ReadonlyMap<string, TensorEntry>,
  dataStart: number,
): void {
  const sorted = [...entries.values()].sort(
    (left, right) => left.offset - right.offset || left.sizeBytes - right.sizeBytes,
  );
  let end = dataStart;
  const follows = sorted.every(({ offset, sizeBytes }) => {
    const isNext = offset === end;
    end = offset + sizeBytes;
    return isNext;
  });
  if (follows && end === source.sizeBytes) return;
  throw invalidFile(source.name, 'has tensors that overlap, or bytes between or behind them that are none');
}

function expectMetadata(source: ByteSource, value: unknown): Record<string, string> {
  const sound =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string');
  if (!sound) throw invalidFile(source.name, 'has metadata other than texts');
  return { ...(value as Record<string, string>) };
}

function parseEntry(source: ByteSource, name: string, value: unknown, dataStart: number): TensorEntry {
  const { dtype, shape, data_offsets: range } = (value ?? {}) as Record<string, unknown>;
  const type = TYPE_NAMES.get(dtype as string);
  const sound = isSizes(shape) && isSizes(range) && range.length === 2 && range[0]! <= range[1]!;
  if (!sound) throw invalidFile(source.name, `describes the tensor ${shownName(name)} wrongly`);
  if (type === undefined) {
    throw invalidFile(
      source.name,
      `holds ${shownName(name)} in an unknown number type, ${describeValue(dtype)}`,
    );
  }
  const sizeBytes = range[1]! - range[0]!;
  const offset = dataStart + range[0]!;
  expectTensorBytes(source.name, name, shape, type, sizeBytes);
  if (offset + sizeBytes > source.sizeBytes) {
    throw invalidFile(source.name, `ends before its tensor ${shownName(name)} does`);
  }
  return { shape, type, offset, sizeBytes };
}

function isSizes(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MAXIMUM_RANK &&
    value.every((size) => Number.isSafeInteger(size) && size >= 0)
  );
}
