import { readBtreeRecords } from './btree-version-2';
import { UNDEFINED_ADDRESS, type Cursor } from './cursor';
import type { FileContext } from './file-context';
import { openFractalHeap } from './fractal-heap';
import { MESSAGE, type HeaderMessage } from './object-header';

/** Where a name in a group leads: to an object in this file, or to something that is not followed. */
export type Link =
  { readonly kind: 'object'; readonly address: number } | { readonly kind: 'soft' | 'external' };

const MAXIMUM_LINKS = 1_000_000;

/** The names in a group, from whichever of the format's three ways to store them its header uses. */
export async function readLinks(
  context: FileContext,
  messages: readonly HeaderMessage[],
): Promise<ReadonlyMap<string, Link>> {
  const links = new Map<string, Link>();
  for (const { type, bytes } of messages) {
    bytes.position = 0;
    if (type === MESSAGE.symbolTable) await readSymbolTable(context, bytes, links);
    if (type === MESSAGE.link) readLink(context, bytes, links);
    if (type === MESSAGE.linkInfo) await readDenseLinks(context, bytes, links);
  }
  return links;
}

function readLink(context: FileContext, cursor: Cursor, links: Map<string, Link>): void {
  cursor.skip(1);
  const flags = cursor.u8();
  const linkType = (flags & 8) === 0 ? 0 : cursor.u8();
  if ((flags & 4) !== 0) cursor.skip(8);
  if ((flags & 16) !== 0) cursor.skip(1);
  const name = cursor.text(cursor.uint(1 << (flags & 3)));
  const link: Link =
    linkType === 0 ? { kind: 'object', address: cursor.address() } : { kind: otherKind(linkType) };
  addLink(context, links, name, link);
}

/** Takes a name that a path can lead through: one that is empty, or has a slash or is a dot, would lead back. */
function addLink(context: FileContext, links: Map<string, Link>, name: string, link: Link): void {
  if (name === '' || name === '.' || name.includes('/'))
    throw context.error('has a group with an impossible name');
  links.set(name, link);
  if (links.size > MAXIMUM_LINKS) throw context.error('has a group without end');
}

function otherKind(linkType: number): 'soft' | 'external' {
  return linkType === 1 ? 'soft' : 'external';
}

async function readDenseLinks(context: FileContext, cursor: Cursor, links: Map<string, Link>): Promise<void> {
  cursor.skip(1);
  if ((cursor.u8() & 1) !== 0) cursor.skip(8);
  const heapAddress = cursor.address();
  const index = cursor.address();
  if (heapAddress === UNDEFINED_ADDRESS || index === UNDEFINED_ADDRESS) return;
  const heap = await openFractalHeap(context, heapAddress);
  for (const record of await readBtreeRecords(context, index)) {
    // A record of type 5: hash of the name, heap ID.
    record.skip(4);
    readLink(context, await heap(record), links);
  }
}

/** Groups of old: a B-tree of symbol table nodes, and the names in a local heap (HDF5 file format, III.A.1 to III.D). */
async function readSymbolTable(
  context: FileContext,
  cursor: Cursor,
  links: Map<string, Link>,
): Promise<void> {
  const root = cursor.address();
  const names = await readLocalHeap(context, cursor.address());
  const seen = new Set<number>();
  const visit = async (address: number): Promise<void> => {
    if (seen.has(address) || seen.size > MAXIMUM_LINKS)
      throw context.error('has a group that runs in a circle');
    seen.add(address);
    const head = await context.cursor(address, 8);
    const isLeaf = String.fromCharCode(...head.bytes.subarray(0, 4)) === 'SNOD';
    if (isLeaf) {
      head.skip(6);
      await readSymbols(context, address, head.u16(), names, links);
      return;
    }
    for (const child of await readNode(context, address)) await visit(child);
  };
  await visit(root);
}

async function readNode(context: FileContext, address: number): Promise<number[]> {
  const head = await context.cursor(address, 8);
  head.expectSignature('TREE');
  if (head.u8() !== 0) throw context.error('has an index of chunks where a group should be');
  head.skip(1);
  const count = head.u16();
  const { offsetBytes, lengthBytes } = context;
  const body = await context.cursor(address + 8 + 2 * offsetBytes, count * (offsetBytes + lengthBytes));
  return Array.from({ length: count }, () => {
    body.skip(lengthBytes);
    return body.address();
  });
}

async function readSymbols(
  context: FileContext,
  address: number,
  count: number,
  names: Cursor,
  links: Map<string, Link>,
): Promise<void> {
  const cursor = await context.cursor(address + 8, count * (2 * context.offsetBytes + 24));
  for (let i = 0; i < count; i++) {
    names.position = 0;
    names.skip(cursor.uint(context.offsetBytes));
    const name = names.text(names.remaining);
    const target = cursor.address();
    const isSoft = cursor.u32() === 2;
    cursor.skip(20);
    addLink(context, links, name, isSoft ? { kind: 'soft' } : { kind: 'object', address: target });
  }
}

async function readLocalHeap(context: FileContext, address: number): Promise<Cursor> {
  const head = await context.cursor(address, 8 + 2 * context.lengthBytes + context.offsetBytes);
  head.expectSignature('HEAP');
  head.skip(4);
  const size = head.length();
  head.skip(context.lengthBytes);
  return context.cursor(head.address(), size);
}
