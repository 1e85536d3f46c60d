import { crc32c } from './crc32c';

/** What one event tells TensorBoard. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * The first record of an event file.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
 */
export function fileVersionRecord(wallTime: number): Uint8Array {
  return record([...double(1, wallTime), ...text(3, 'brain.Event:2')]);
}

/** An event with scalars as a record. */
export function scalarRecord({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).flatMap(([tag, value]) =>
    bytes(1, [...text(1, tag), ...float(2, value)]),
  );
  return record([...double(1, wallTime), ...varint(2, step), ...bytes(5, values)]);
}

/** Length, its checksum, the data, its checksum: all little-endian (tensorflow/core/lib/io/record_writer.h). */
function record(data: readonly number[]): Uint8Array {
  const result = new Uint8Array(data.length + 16);
  const view = new DataView(result.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(result.subarray(0, 8))), true);
  result.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(result.subarray(12, 12 + data.length))), true);
  return result;
}

/** A checksum of data that holds checksums is weak, so the format turns and shifts it. */
function masked(sum: number): number {
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

// Protocol buffers: a field is its number and wire type, then its value.

function varint(field: number, value: number): number[] {
  return [field << 3, ...base128(value)];
}

function bytes(field: number, value: readonly number[]): number[] {
  return [(field << 3) | 2, ...base128(value.length), ...value];
}

function text(field: number, value: string): number[] {
  return bytes(field, [...new TextEncoder().encode(value)]);
}

function double(field: number, value: number): number[] {
  return [(field << 3) | 1, ...new Uint8Array(Float64Array.of(value).buffer)];
}

function float(field: number, value: number): number[] {
  return [(field << 3) | 5, ...new Uint8Array(Float32Array.of(value).buffer)];
}

/** Seven bits a byte, the lowest first; steps above 2^31 need more than the bit operators hold. */
function base128(value: number): number[] {
  const result: number[] = [];
  let rest = value;
  while (rest >= 128) {
    result.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...result, rest];
}
