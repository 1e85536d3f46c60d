import { createHash } from 'node:crypto';

/** What a file was when its picture was decoded: another size or time of change means another file. */
export interface FileState {
  readonly sizeBytes: number;
  /** When it was last written. Nanoseconds since 1970. */
  readonly modifiedNs: bigint;
}

/** One picture of a segment. */
export interface SegmentEntry extends FileState {
  /** Where its pixels begin. */
  readonly offset: number;
  readonly height: number;
  readonly width: number;
  /** CRC-32 of its pixels. */
  readonly checksum: number;
}

/**
 * What stands behind the pictures of a segment: a record of each, found by the hash of its file's path.
 *
 * A segment is a file that is written once and never changed: a header of {@link HEADER_BYTES}, pictures one after the other as
 * uint8 [height, width, 3], records of {@link RECORD_BYTES}, and the settings that its pictures were made with, as JSON. Numbers are little-endian.
 */
export interface SegmentIndex {
  readonly count: number;
  hash(record: number): string;
  entry(record: number): SegmentEntry;
}

/** Reads `length` bytes at `position` of a segment, or fewer at its end. */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array>;

const MAGIC = Buffer.from('zoo pics', 'latin1');
/** To be raised with every change of the format, and of what decoders make of a file. */
export const SEGMENT_VERSION = 1;
/** Magic, version, number of records, where these begin; and the SHA-256 of this and of all behind the pictures. */
export const HEADER_BYTES = 56;
const CHECKSUM_OFFSET = 24;
const RECORD_BYTES = 56;
const HASH_BYTES = 16;

/** What a picture is found by: a hash of its file's path. */
export function pathHash(path: string): string {
  return createHash('sha256').update(path).digest().toString('latin1', 0, HASH_BYTES);
}

/** Header and end of a segment whose pictures end at `end`. */
export function encodeSegment(
  entries: readonly (readonly [hash: string, entry: SegmentEntry])[],
  settings: string,
  end: number,
): { header: Buffer; index: Buffer } {
  const index = Buffer.alloc(entries.length * RECORD_BYTES);
  entries.forEach(([hash, entry], record) => {
    const at = record * RECORD_BYTES;
    index.write(hash, at, 'latin1');
    index.writeBigUInt64LE(BigInt(entry.offset), at + 16);
    index.writeBigUInt64LE(BigInt(entry.sizeBytes), at + 24);
    index.writeBigInt64LE(entry.modifiedNs, at + 32);
    index.writeUInt32LE(entry.height, at + 40);
    index.writeUInt32LE(entry.width, at + 44);
    index.writeUInt32LE(entry.checksum, at + 48);
  });
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(SEGMENT_VERSION, 8);
  header.writeUInt32LE(entries.length, 12);
  header.writeBigUInt64LE(BigInt(end), 16);
  const whole = Buffer.concat([index, Buffer.from(settings)]);
  checksumOf(header, whole).copy(header, CHECKSUM_OFFSET);
  return { header, index: whole };
}

/** The index of a segment of `sizeBytes` that was made with `settings`; undefined for any other file, and for a damaged one. */
export async function readSegmentIndex(
  readAt: ReadAt,
  sizeBytes: number,
  settings: string,
): Promise<SegmentIndex | undefined> {
  const header = Buffer.from(await readAt(0, HEADER_BYTES));
  if (header.length < HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const count = header.readUInt32LE(12);
  const end = Number(header.readBigUInt64LE(16));
  const recordsBytes = count * RECORD_BYTES;
  const expected = Buffer.from(settings);
  if (header.readUInt32LE(8) !== SEGMENT_VERSION || end < HEADER_BYTES) return undefined;
  if (end + recordsBytes + expected.length !== sizeBytes) return undefined;
  const stored = await readAt(end, sizeBytes - end);
  const whole = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const isWhole =
    whole.length === sizeBytes - end && checksumOf(header, whole).equals(header.subarray(CHECKSUM_OFFSET));
  if (!isWhole || !whole.subarray(recordsBytes).equals(expected)) return undefined;
  return indexOf(whole.subarray(0, recordsBytes), end);
}

function indexOf(records: Buffer, end: number): SegmentIndex | undefined {
  const count = records.length / RECORD_BYTES;
  const entry = (record: number): SegmentEntry => {
    const at = record * RECORD_BYTES;
    return {
      offset: Number(records.readBigUInt64LE(at + 16)),
      sizeBytes: Number(records.readBigUInt64LE(at + 24)),
      modifiedNs: records.readBigInt64LE(at + 32),
      height: records.readUInt32LE(at + 40),
      width: records.readUInt32LE(at + 44),
      checksum: records.readUInt32LE(at + 48),
    };
  };
  for (let record = 0; record < count; record++) {
    const { offset, height, width } = entry(record);
    if (offset < HEADER_BYTES || height * width === 0 || offset + height * width * 3 > end) return undefined;
  }
  const hash = (record: number) =>
    records.toString('latin1', record * RECORD_BYTES, record * RECORD_BYTES + HASH_BYTES);
  return { count, hash, entry };
}

function checksumOf(header: Buffer, whole: Buffer): Buffer {
  return createHash('sha256').update(header.subarray(0, CHECKSUM_OFFSET)).update(whole).digest();
}
