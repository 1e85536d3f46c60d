import { ArgumentError } from '@zoo/core';

import { ELEMENT_BYTES, elementCount, type StoredType } from '../tensor-data';

import { ByteWriter } from './byte-writer';
import {
  encodeAttribute,
  encodeDataspace,
  encodeMessage,
  encodeNumberType,
  type AttributeValue,
  type TextReference,
} from './encode-messages';
import { MESSAGE } from './object-header';
import { encodeSymbolTable, INTERNAL_K, LEAF_K, type Allocator } from './write-group';

/** A group to be written. */
export interface GroupContent {
  readonly kind: 'group';
  readonly attributes: Map<string, AttributeValue>;
  readonly children: Map<string, GroupContent | DatasetContent>;
}

/** A dataset to be written; its bytes are asked for when their turn comes. */
export interface DatasetContent {
  readonly kind: 'dataset';
  readonly shape: readonly number[];
  readonly type: StoredType;
  /** Little-endian, row-major. */
  bytes(): Promise<Uint8Array>;
}

/** An HDF5 file whose directory is made and whose numbers are not yet read. */
export interface Hdf5Output {
  readonly sizeBytes: number;
  /** The file's bytes from the first to the last, a dataset at a time. */
  pieces(): AsyncGenerator<Uint8Array>;
}

const SUPERBLOCK_BYTES = 96;

/** An empty group. */
export function groupContent(): GroupContent {
  return { kind: 'group', attributes: new Map(), children: new Map() };
}

/** Puts `child` at `path` below `group`, making the groups between. */
export function addChild(group: GroupContent, path: string, child: GroupContent | DatasetContent): void {
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.pop();
  if (name === undefined) throw new ArgumentError('path', 'a name', path);
  let parent = group;
  for (const part of parts) {
    const next = parent.children.get(part) ?? groupContent();
    if (next.kind === 'dataset') throw new ArgumentError('path', 'a path through groups only', path);
    parent.children.set(part, next);
    parent = next;
  }
  if (parent.children.has(name)) throw new ArgumentError('path', 'names that differ', path);
  parent.children.set(name, child);
}

/**
 * Lays out an HDF5 file in the oldest version of the format, which every reader knows: first the directory, then the
 * datasets one after another, so that the file can be written from start to end while each dataset is read once.
 */
export function writeHdf5(root: GroupContent): Hdf5Output {
  const datasets: DatasetContent[] = [];
  const measured = layOut(root, 0, datasets);
  // The directory's size does not depend on the addresses in it: a second pass knows where the datasets begin.
  const dataStart = SUPERBLOCK_BYTES + measured.bytes.length;
  const { bytes, rootHeader, tree, heap } = layOut(root, dataStart, []);
  const dataBytes = datasets.reduce((total, dataset) => total + paddedBytes(dataset), 0);
  const sizeBytes = dataStart + dataBytes;
  return {
    sizeBytes,
    async *pieces() {
      yield superblock(sizeBytes, rootHeader, tree, heap);
      yield bytes;
      for (const dataset of datasets) {
        const values = await dataset.bytes();
        const expected = elementCount(dataset.shape) * ELEMENT_BYTES[dataset.type];
        if (values.length !== expected) throw new ArgumentError('bytes', `${expected} bytes`, values.length);
        yield values;
        const padding = paddedBytes(dataset) - values.length;
        if (padding > 0) yield new Uint8Array(padding);
      }
    },
  };
}

function paddedBytes({ shape, type }: DatasetContent): number {
  return Math.ceil((elementCount(shape) * ELEMENT_BYTES[type]) / 8) * 8;
}

interface Directory {
  readonly bytes: Uint8Array;
  readonly rootHeader: number;
  readonly tree: number;
  readonly heap: number;
}

function layOut(root: GroupContent, dataStart: number, datasets: DatasetContent[]): Directory {
  const writer = new ByteWriter();
  const allocator: Allocator = {
    get position() {
      return SUPERBLOCK_BYTES + writer.length;
    },
    put(bytes) {
      const address = SUPERBLOCK_BYTES + writer.length;
      writer.put(bytes).pad();
      return address;
    },
  };
  let dataPosition = dataStart;
  const putDataset = (dataset: DatasetContent): number => {
    const address = allocator.put(datasetHeader(dataset, dataPosition));
    datasets.push(dataset);
    dataPosition += paddedBytes(dataset);
    return address;
  };
  const putGroup = (group: GroupContent) => {
    const addresses = new Map<string, number>();
    for (const [name, child] of group.children) {
      addresses.set(name, child.kind === 'group' ? putGroup(child).header : putDataset(child));
    }
    const table = encodeSymbolTable(allocator, addresses);
    const messages = [table.message];
    for (const [name, value] of group.attributes) {
      messages.push(encodeAttribute(name, typeof value === 'string' ? putText(allocator, value) : value));
    }
    return { ...table, header: allocator.put(objectHeader(messages)) };
  };
  const { header, tree, heap } = putGroup(root);
  return { bytes: writer.finish(), rootHeader: header, tree, heap };
}

/** Puts `text` into a global heap of its own. */
function putText(allocator: Allocator, text: string): TextReference {
  const bytes = new TextEncoder().encode(text);
  const writer = new ByteWriter().ascii('GCOL').u8(1, 0, 0, 0);
  const used = 16 + 16 + Math.ceil(bytes.length / 8) * 8;
  // The format's smallest collection has 4,096 bytes; what is left is object 0, free space.
  const size = Math.max(4096, used + 16);
  writer.u64(size).u16(1).u16(0).u32(0).u64(bytes.length).put(bytes).pad();
  writer.zeros(8).u64(size - used);
  writer.zeros(size - writer.length);
  return { sizeBytes: bytes.length, address: allocator.put(writer.finish()), index: 1 };
}

function datasetHeader(dataset: DatasetContent, address: number): Uint8Array {
  const sizeBytes = elementCount(dataset.shape) * ELEMENT_BYTES[dataset.type];
  const layout = new ByteWriter().u8(3, 1);
  // A dataset without elements has no storage.
  if (sizeBytes === 0) layout.undefinedAddress();
  else layout.u64(address);
  // Fill value, version 2: allocated late, written if set, and none set but the default.
  const fillValue = new ByteWriter().u8(2, 2, 2, 1).u32(0).finish();
  return objectHeader([
    encodeMessage(MESSAGE.dataspace, encodeDataspace(dataset.shape)),
    encodeMessage(MESSAGE.datatype, encodeNumberType(dataset.type)),
    encodeMessage(0x05, fillValue),
    encodeMessage(MESSAGE.layout, layout.u64(sizeBytes).finish()),
  ]);
}

/** An object header, version 1. */
function objectHeader(messages: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = messages.reduce((total, message) => total + message.length, 0);
  const writer = new ByteWriter().u8(1, 0).u16(messages.length).u32(1).u32(sizeBytes).zeros(4);
  for (const message of messages) writer.put(message);
  return writer.finish();
}

/** The superblock, version 0. */
function superblock(sizeBytes: number, rootHeader: number, tree: number, heap: number): Uint8Array {
  const writer = new ByteWriter().u8(0x89).ascii('HDF\r\n').u8(0x1a, 0x0a);
  writer.u8(0, 0, 0, 0, 0, 8, 8, 0).u16(LEAF_K).u16(INTERNAL_K).u32(0);
  writer.u64(0).undefinedAddress().u64(sizeBytes).undefinedAddress();
  // The root's symbol table entry; cache type 1 repeats the addresses of its index and names.
  return writer.u64(0).u64(rootHeader).u32(1).u32(0).u64(tree).u64(heap).finish();
}
