import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A scalar of an event file: step, tag and value. */
export type Scalar = readonly [step: number, tag: string, value: number];

/** Every scalar in the event files of `folder`, in order; throws where a record is cut off. */
export function readScalars(folder: string): Scalar[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => [...records(readFileSync(join(folder, name)))].flatMap(scalarsOf));
}

function* records(bytes: Buffer): Iterable<Buffer> {
  for (let offset = 0; offset < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(offset));
    if (offset + 16 + length > bytes.length) throw new Error('a record is cut off');
    yield bytes.subarray(offset + 12, offset + 12 + length);
    offset += 16 + length;
  }
}

/** The fields of a message as [number, value]: lengths of bytes, varints and fixed numbers. */
export function* fields(bytes: Buffer): Iterable<readonly [number, Buffer | number]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, type] = [key >> 3, key & 7];
    if (type === 0) yield [field, varint()];
    else {
      const length = type === 2 ? varint() : type === 1 ? 8 : 4;
      yield [field, bytes.subarray(at, at + length)];
      at += length;
    }
  }
}

function scalarsOf(event: Buffer): Scalar[] {
  const parts = [...fields(event)];
  const step = (parts.find(([field]) => field === 2)?.[1] ?? 0) as number;
  return parts
    .filter(([field]) => field === 5)
    .flatMap(([, summary]) => [...fields(summary as Buffer)])
    .map(([, value]) => new Map(fields(value as Buffer)))
    .filter((entries) => entries.has(2))
    .map((entries): Scalar => [
      step,
      (entries.get(1) as Buffer).toString(),
      (entries.get(2) as Buffer).readFloatLE(0),
    ]);
}
