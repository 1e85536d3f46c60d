import { invalidFile, readWithin, type ByteSource } from './byte-source';
import { crc32, joinCrc32 } from './crc32';

/** A {@link ByteSource} whose bytes have a checksum. */
export interface CheckedSource extends ByteSource {
  /**
   * Reads what has not been read yet, and throws ZooError 'invalid-file' unless the whole has the checksum that was written down.
   *
   * To be called before anything is made of what was read.
   */
  verify(): Promise<void>;
}

/** A stretch of bytes that has been read. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly checksum: number;
}

/** Bytes read at a time of what was not requested. */
const PIECE_BYTES = 1024 * 1024;

/**
 * `source` with its CRC-32, which is summed up while it is read, in any order: so no byte is read, or asked of a server, twice.
 *
 * @param expected The checksum of all bytes; 0 where its writer left it out, as `torch.serialization.set_crc32_options(False)` does.
 */
export function checkedSource(source: ByteSource, expected: number): CheckedSource {
  if (expected === 0) return { ...source, verify: () => Promise.resolve() };
  const { name, sizeBytes } = source;
  let stretches: Stretch[] = [];
  const read = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await source.read(offset, length);
    for (const { start, end } of gapsWithin(stretches, offset, offset + bytes.length)) {
      const checksum = crc32(bytes.subarray(start - offset, end - offset));
      stretches = joined([...stretches, { start, end, checksum }]);
    }
    return bytes;
  };
  const verify = async (): Promise<void> => {
    for (const { start, end } of gapsWithin(stretches, 0, sizeBytes)) {
      for (let at = start; at < end; at += PIECE_BYTES) await read(at, Math.min(PIECE_BYTES, end - at));
    }
    if (sizeBytes === 0 || stretches[0]!.checksum === expected) return;
    throw damagedBytes(name);
  };
  return { ...source, read: (offset, length) => read(offset, length), verify };
}

/** Reads and verifies all bytes of a checked source. */
export async function readChecked(source: CheckedSource): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readWithin(source, 0, source.sizeBytes);
  await source.verify();
  return bytes;
}

/** The error of bytes that are not those that were written. */
export function damagedBytes(name: string): Error {
  return invalidFile(
    name,
    'is damaged: its bytes do not have the checksum that stands beside them',
    'Download or save it again.',
  );
}

/** What of `start` to `end` no stretch covers; stretches are in order and do not overlap. */
function gapsWithin(
  stretches: readonly Stretch[],
  start: number,
  end: number,
): { start: number; end: number }[] {
  const gaps: { start: number; end: number }[] = [];
  let at = start;
  for (const stretch of stretches) {
    if (stretch.end <= at) continue;
    if (stretch.start >= end) break;
    if (stretch.start > at) gaps.push({ start: at, end: stretch.start });
    at = stretch.end;
  }
  if (at < end) gaps.push({ start: at, end });
  return gaps;
}

/** In order, neighbours made one. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const done: Stretch[] = [];
  for (const next of [...stretches].sort((left, right) => left.start - right.start)) {
    const last = done.at(-1);
    if (last?.end !== next.start) {
      done.push(next);
      continue;
    }
    const checksum = joinCrc32(last.checksum, next.checksum, next.end - next.start);
    done[done.length - 1] = { start: last.start, end: next.end, checksum };
  }
  return done;
}
