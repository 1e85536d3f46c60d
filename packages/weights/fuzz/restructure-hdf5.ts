import type { Random } from '@zoo/core';

/** A file with another structure. */
export interface Restructured {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True if it is another way to write the same values: it must give them, or be refused. */
  readonly keeps: boolean;
}

const SIGNATURES =
  /^(OHDR|OCHK|SNOD|TREE|HEAP|GCOL|FRHP|FHDB|FHIB|BTHD|BTLF|BTIN|FAHD|FADB|EAHD|EAIB|EASB|EADB)$/;
const EXTREMES = [0, 1, 2, 0x7f, 0xff, 1000, 0xffff];

interface Structure {
  readonly offset: number;
  readonly length: number;
  readonly kind: string;
  /** Where its address stands. */
  readonly pointers: readonly number[];
}

const known = new WeakMap<Uint8Array, readonly Structure[]>();

/**
 * An HDF5 file with one to three of its structures (headers, tables, trees, heaps) moved, exchanged, doubled, pointed to from elsewhere,
 * or with a count raised. One that is only moved, its addresses with it, keeps the file's values.
 */
export function restructureHdf5(whole: Uint8Array, random: Random): Restructured {
  const structures = known.get(whole) ?? structuresIn(Buffer.from(whole));
  known.set(whole, structures);
  let bytes = Buffer.from(whole);
  const pick = <Item>(items: readonly Item[]): Item => items[random.integer(0, items.length - 1)]!;
  let keeps = true;
  for (let left = random.integer(1, 3); left > 0; left--) {
    const one = pick(structures);
    const alike = pick(structures.filter(({ kind }) => kind === one.kind));
    const length = Math.min(one.length, alike.length);
    const kinds = [
      () => (bytes = moved(bytes, one)),
      () => (bytes = moved(bytes, one)),
      () => {
        keeps = false;
        if (one.pointers.length > 0) writeAddress(bytes, pick(one.pointers), pick(structures).offset);
      },
      () => {
        keeps = false;
        const at = one.offset + random.integer(0, Math.min(40, one.length) - 1);
        for (let i = 0; i < pick([1, 1, 2, 4]); i++)
          bytes[Math.min(bytes.length - 1, at + i)] = pick(EXTREMES);
      },
      () => {
        keeps = false;
        bytes.copyWithin(alike.offset, one.offset, one.offset + length);
      },
      () => {
        keeps = false;
        const copy = Buffer.from(bytes.subarray(one.offset, one.offset + length));
        bytes.copyWithin(one.offset, alike.offset, alike.offset + length);
        copy.copy(bytes, alike.offset);
      },
    ];
    pick(kinds)();
  }
  return { bytes: new Uint8Array(bytes), keeps };
}

/** The file with a copy of the structure at its end, to which all that pointed to it points. */
function moved(bytes: Buffer, { offset, length, pointers }: Structure): Buffer<ArrayBuffer> {
  const padding = (8 - (bytes.length % 8)) % 8;
  const result = Buffer.concat([bytes, Buffer.alloc(padding), bytes.subarray(offset, offset + length)]);
  for (const pointer of pointers) writeAddress(result, pointer, bytes.length + padding);
  // The first version of the superblock says where the file ends; later ones have a checksum, and are refused.
  if (bytes[8] === 0) writeAddress(result, 40, result.length);
  return result;
}

function writeAddress(bytes: Buffer, at: number, address: number): void {
  bytes.writeBigUInt64LE(BigInt(address), at);
}

function structuresIn(bytes: Buffer): Structure[] {
  const starts = new Map<number, string>();
  for (let at = 0; at + 16 < bytes.length; at++) {
    const signature = bytes.toString('latin1', at, at + 4);
    if (SIGNATURES.test(signature)) starts.set(at, signature);
  }
  const pointers = new Map<number, number[]>();
  for (let at = 8; at + 8 <= bytes.length; at++) {
    if (bytes.readUInt32LE(at + 4) !== 0) continue;
    const address = bytes.readUInt32LE(at);
    // The first version of an object's header has no signature: a one, a zero, and how many messages it has.
    const isHeader =
      address % 8 === 0 && address + 16 < bytes.length && bytes.readUInt16LE(address) === 1 && address > 48;
    if (isHeader && !starts.has(address) && bytes.readUInt16LE(address + 2) < 40)
      starts.set(address, 'header');
    if (starts.has(address)) pointers.set(address, [...(pointers.get(address) ?? []), at]);
  }
  const offsets = [...starts.keys()].sort((left, right) => left - right);
  return offsets.map((offset, i) => ({
    offset,
    length: (offsets[i + 1] ?? bytes.length) - offset,
    kind: starts.get(offset)!,
    pointers: pointers.get(offset) ?? [],
  }));
}
