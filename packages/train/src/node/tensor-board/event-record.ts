import { crc32c } from './crc32c';
import { bytes, double, integer, message, text, type Fields } from './protocol-buffers';

/**
 * The first record of an event file.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
 */
export function fileVersionRecord(wallTime: number): Uint8Array {
  return record(message(double(1, wallTime), text(3, 'brain.Event:2')));
}

/** What one event tells TensorBoard. */
export interface SummaryEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  /** Made by what is in summary-values.ts. */
  readonly values: readonly Fields[];
}

/** An event with values as a record. */
export function summaryRecord({ wallTime, step, values }: SummaryEvent): Uint8Array {
  const summary = message(...values.map((value) => bytes(1, value)));
  return record(message(double(1, wallTime), integer(2, step), bytes(5, summary)));
}

/** An event with a graph, a GraphDef, as a record. */
export function graphRecord(wallTime: number, graph: Fields): Uint8Array {
  return record(message(double(1, wallTime), bytes(4, graph)));
}

/** Length, its checksum, the data, its checksum: all little-endian (tensorflow/core/lib/io/record_writer.h). */
function record(data: Fields): Uint8Array {
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
