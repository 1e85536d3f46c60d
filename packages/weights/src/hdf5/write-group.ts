import { ByteWriter } from './byte-writer';
import { encodeMessage } from './encode-messages';
import { MESSAGE } from './object-header';

/** Entries of a symbol table node and children of a B-tree node: twice the K of the superblock. */
export const LEAF_K = 4;
export const INTERNAL_K = 16;

/** Gives out addresses one after another and keeps what lies there. */
export interface Allocator {
  /** The address at which the next thing will be put. */
  readonly position: number;
  /** Puts `bytes` at the next address, a multiple of eight, and says which. */
  put(bytes: Uint8Array): number;
}

/** Writes a group's names and where they lead, and gives the header message that leads there (HDF5 file format, III). */
export function encodeSymbolTable(allocator: Allocator, children: ReadonlyMap<string, number>): SymbolTable {
  const encoder = new TextEncoder();
  const entries = Array.from(children, ([name, address]) => ({
    name: encoder.encode(name),
    address,
    offset: 0,
  }));
  entries.sort((left, right) => compareBytes(left.name, right.name));
  const names = new ByteWriter().zeros(8);
  for (const entry of entries) {
    entry.offset = names.length;
    names.put(entry.name).zeros(1).pad();
  }
  const heapData = allocator.put(names.finish());
  const head = new ByteWriter().ascii('HEAP').zeros(4).u64(names.length);
  // 1 is the format's mark for a heap without free space.
  const heap = allocator.put(head.u64(1).u64(heapData).finish());
  const tree = writeTree(allocator, writeLeaves(allocator, entries));
  const message = encodeMessage(MESSAGE.symbolTable, new ByteWriter().u64(tree).u64(heap).finish());
  return { tree, heap, message };
}

/** Addresses of a group's index and names, and the message that holds them. */
export interface SymbolTable {
  readonly tree: number;
  readonly heap: number;
  readonly message: Uint8Array;
}

interface Node {
  readonly address: number;
  /** Heap offset of the last name below it. */
  readonly lastName: number;
}

function writeLeaves(
  allocator: Allocator,
  entries: readonly { readonly address: number; readonly offset: number }[],
): Node[] {
  return pieces(entries, 2 * LEAF_K).map((leaf) => {
    const writer = new ByteWriter().ascii('SNOD').u8(1, 0).u16(leaf.length);
    for (const { offset, address } of leaf) writer.u64(offset).u64(address).zeros(24);
    writer.zeros((2 * LEAF_K - leaf.length) * 40);
    return { address: allocator.put(writer.finish()), lastName: leaf.at(-1)!.offset };
  });
}

/** Levels of nodes over `children` until one is left; its address. */
function writeTree(allocator: Allocator, children: readonly Node[]): number {
  let level = 0;
  let nodes = writeLevel(allocator, children.length === 0 ? [[]] : pieces(children, 2 * INTERNAL_K), level);
  while (nodes.length > 1) {
    level++;
    nodes = writeLevel(allocator, pieces(nodes, 2 * INTERNAL_K), level);
  }
  return nodes[0]!.address;
}

function writeLevel(allocator: Allocator, groups: readonly (readonly Node[])[], level: number): Node[] {
  const nodeBytes = 24 + (2 * INTERNAL_K + 1) * 8 + 2 * INTERNAL_K * 8;
  const first = allocator.position;
  return groups.map((group, i) => {
    const writer = new ByteWriter().ascii('TREE').u8(0, level).u16(group.length);
    const sibling = (index: number) =>
      index < 0 || index >= groups.length ? writer.undefinedAddress() : writer.u64(first + index * nodeBytes);
    sibling(i - 1);
    sibling(i + 1);
    const before = i === 0 ? 0 : groups[i - 1]!.at(-1)!.lastName;
    writer.u64(before);
    for (const node of group) writer.u64(node.address).u64(node.lastName);
    writer.zeros(nodeBytes - writer.length);
    return { address: allocator.put(writer.finish()), lastName: group.at(-1)?.lastName ?? 0 };
  });
}

function pieces<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}
