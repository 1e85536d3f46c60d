import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { rgbImage, type DecodedImage } from '../image/decoded-image';

import { pathHash, readSegmentIndex, type SegmentEntry, type SegmentIndex } from './picture-segment';
import { SEGMENT_ENDING } from './segment-writer';

/** A segment that is open for reading. */
export interface OpenSegment {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
  readonly handle: FileHandle;
  readonly index: SegmentIndex;
}

/** Where pictures stand, by their places in a set. */
export interface PicturePlaces {
  /** The number of a segment; -1 for a picture that none has. */
  readonly segmentOf: Int32Array;
  /** The number of a record in it. */
  readonly recordOf: Int32Array;
  /** Names of the segments that hold nothing which a later one lacks. */
  readonly superfluous: readonly string[];
}

/** The segments in `folder`, the latest last; damaged ones are removed. The caller closes them. */
export async function openSegments(
  folder: string,
  settings: string,
  known: ReadonlyMap<string, SegmentIndex>,
): Promise<OpenSegment[]> {
  const names = await readdir(folder).catch(() => []);
  const segments: OpenSegment[] = [];
  for (const name of names.filter((each) => each.endsWith(SEGMENT_ENDING))) {
    const segment = await openSegment(folder, name, settings, known.get(name));
    if (segment !== undefined) segments.push(segment);
  }
  return segments.sort(
    (left, right) => Number(left.modifiedNs - right.modifiedNs) || (left.name < right.name ? -1 : 1),
  );
}

async function openSegment(
  folder: string,
  name: string,
  settings: string,
  known: SegmentIndex | undefined,
): Promise<OpenSegment | undefined> {
  const path = join(folder, name);
  // Another process may have removed it.
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size, mtimeNs: modifiedNs } = await handle.stat({ bigint: true });
    const sizeBytes = Number(size);
    const readAt = (position: number, length: number) => readFully(handle, position, length);
    const index = known ?? (await readSegmentIndex(readAt, sizeBytes, settings));
    if (index !== undefined) return { name, sizeBytes, modifiedNs, handle, index };
    await rm(path, { force: true });
  } catch {
    // Unreadable, or in a folder where nothing may be removed: it counts as absent.
  }
  await handle.close();
  return undefined;
}

/** Where the latest of the segments have the pictures of `paths`. */
export function placePictures(segments: readonly OpenSegment[], paths: readonly string[]): PicturePlaces {
  const latest = new Map<string, readonly [segment: number, record: number]>();
  segments.forEach(({ index }, segment) => {
    for (let record = 0; record < index.count; record++) latest.set(index.hash(record), [segment, record]);
  });
  const needed = new Set(Array.from(latest.values(), ([segment]) => segment));
  const superfluous = segments.filter((_, segment) => !needed.has(segment)).map(({ name }) => name);
  const segmentOf = new Int32Array(paths.length).fill(-1);
  const recordOf = new Int32Array(paths.length);
  if (latest.size > 0) {
    paths.forEach((path, member) => {
      [segmentOf[member], recordOf[member]] = latest.get(pathHash(path)) ?? [-1, 0];
    });
  }
  return { segmentOf, recordOf, superfluous };
}

/** The picture of `entry`; undefined if it is damaged. */
export async function readPicture(
  handle: FileHandle,
  { offset, height, width, checksum }: SegmentEntry,
): Promise<DecodedImage | undefined> {
  const length = height * width * 3;
  const pixels = await readFully(handle, offset, length).catch(() => undefined);
  if (pixels?.length !== length || crc32(pixels) !== checksum) return undefined;
  return rgbImage(height, width, pixels);
}

/** `length` bytes from `position` on, or fewer where the file ends before. */
async function readFully(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
