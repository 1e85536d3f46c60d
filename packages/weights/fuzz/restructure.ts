import { crc32 } from 'node:zlib';

import type { Random } from '@zoo/core';
import { deflateSync, unzipSync } from 'fflate';

import { restructureHdf5, type Restructured } from './restructure-hdf5';
import { restructureJson } from './restructure-json';
import { restructurePickle } from './restructure-pickle';

/** A copy of a file with its structure changed, as its format has it: parts moved, doubled or many, counts raised, lists nested. */
export function restructure(whole: Uint8Array, random: Random): Restructured {
  const start = Buffer.from(whole.subarray(0, 9)).toString('latin1');
  if (start.startsWith('PK')) return restructureZip(whole, random);
  if (start.startsWith('\x89HDF')) return restructureHdf5(whole, random);
  if (start.startsWith('\x80')) return { bytes: restructurePickle(whole, random), keeps: false };
  if (start.startsWith('{')) {
    const text = restructureJson(Buffer.from(whole).toString('utf8'), random);
    return { bytes: new Uint8Array(Buffer.from(text)), keeps: false };
  }
  return start[8] === '{'
    ? { bytes: restructureSafetensors(whole, random), keeps: false }
    : { bytes: new Uint8Array(whole), keeps: true };
}

/** A safetensors file's table changed as JSON, its bytes moved, doubled or cut, or an entry written twice. */
function restructureSafetensors(whole: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(whole);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  let header = bytes.toString('utf8', 8, 8 + headerBytes);
  let data = bytes.subarray(8 + headerBytes);
  const cut = random.integer(0, data.length);
  const kinds = [
    () => (header = restructureJson(header, random)),
    () => (header = restructureJson(header, random)),
    () => (header = restructureJson(header, random)),
    () => (data = Buffer.concat([data.subarray(cut), data.subarray(0, cut)])),
    () => (data = Buffer.concat([data, data.subarray(cut)])),
    () => (data = data.subarray(0, cut)),
    () => (header = header.replace(/^\{(.*)\}\s*$/s, '{$1,$1}')),
  ];
  kinds[random.integer(0, kinds.length - 1)]!();
  const head = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  return new Uint8Array(Buffer.concat([length, head, data]));
}

type Member = readonly [name: string, bytes: Uint8Array, isDeflated?: boolean];

const members = new WeakMap<Uint8Array, Member[]>();

/** An archive with members moved, doubled, left out, exchanged, deflated or many, sizes raised, or the structure of one changed. */
function restructureZip(whole: Uint8Array, random: Random): Restructured {
  const original = members.get(whole) ?? Object.entries(unzipSync(whole));
  members.set(whole, original);
  const list = [...original];
  const extra: { raise?: () => number } = {};
  let keeps = true;
  const place = () => random.integer(0, list.length - 1);
  for (let left = random.integer(1, 2); left > 0 && list.length > 0; left--) {
    const at = place();
    const [name, bytes] = list[at]!;
    const changed = (member: Member) => {
      keeps = false;
      list[at] = member;
    };
    const inner = () => {
      // Members with a structure are the ones worth the change.
      const structured = list.flatMap(([each], i) => (/\.(json|h5|pkl)$/.test(each) ? [i] : []));
      if (structured.length === 0) return;
      const chosen = structured[random.integer(0, structured.length - 1)]!;
      const result = restructure(list[chosen]![1], random);
      if (!result.keeps) keeps = false;
      list[chosen] = [list[chosen]![0], result.bytes];
    };
    const kinds = [
      inner,
      inner,
      inner,
      () => list.splice(place(), 0, ...list.splice(at, 1)),
      () => (list[at] = [name, bytes, true]),
      () => {
        keeps = false;
        list.splice(place(), 0, [name, bytes]);
      },
      () => {
        keeps = false;
        list.splice(at, 1);
      },
      () => changed([name, list[place()]![1]]),
      () => changed([name, Buffer.concat([bytes, Buffer.alloc(1_000_000)]), true]),
      () => name.length < 60 && changed([`${name}/`.repeat(random.integer(1, 900)), bytes]),
      () => {
        keeps = false;
        const count = random.integer(1, 3000);
        list.push(...Array.from({ length: count }, (_, i): Member => [`x${i}`, new Uint8Array(0)]));
      },
      () => {
        keeps = false;
        extra.raise = () => [0, 0, 1, 1000, 2 ** 31, 2 ** 32 - 1][random.integer(0, 5)]!;
      },
    ];
    kinds[random.integer(0, kinds.length - 1)]!();
  }
  return { bytes: zipOf(list, random, extra.raise), keeps };
}

/** An archive of these members, in this order; `raise` adds to some of the sizes and counts that its directory says. */
function zipOf(list: readonly Member[], random: Random, raise?: () => number): Uint8Array<ArrayBuffer> {
  const said = (value: number) =>
    raise === undefined || random.integer(0, 9) > 0 ? value : Math.min(2 ** 32 - 1, value + raise());
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes, isDeflated = false] of list) {
    const stored = isDeflated ? Buffer.from(deflateSync(bytes)) : Buffer.from(bytes);
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    for (const [head, at] of [
      [local, 8],
      [record, 10],
    ] as const) {
      head.writeUInt16LE(isDeflated ? 8 : 0, at);
      head.writeUInt32LE(crc32(bytes), at + 6);
      head.writeUInt32LE(said(stored.length), at + 10);
      head.writeUInt32LE(said(bytes.length), at + 14);
      head.writeUInt16LE(nameBytes.length, at + 18);
    }
    record.writeUInt32LE(said(offset), 42);
    pieces.push(local, nameBytes, stored);
    directory.push(record, nameBytes);
    offset += 30 + nameBytes.length + stored.length;
  }
  const table = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(0xffff, said(list.length)), 8);
  end.writeUInt16LE(Math.min(0xffff, said(list.length)), 10);
  end.writeUInt32LE(said(table.length), 12);
  end.writeUInt32LE(said(offset), 16);
  return new Uint8Array(Buffer.concat([...pieces, table, end]));
}
