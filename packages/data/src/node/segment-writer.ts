import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import { tryLockFile } from '@zoo/weights/node';

import type { DecodedImage } from '../image/decoded-image';

import { encodeSegment, HEADER_BYTES, type FileState, type SegmentEntry } from './picture-segment';

/** A segment that is being written. */
export interface SegmentWriter {
  /** Open for reading what has been written. */
  readonly handle: FileHandle;
  write(hash: string, image: DecodedImage, state: FileState): Promise<SegmentEntry>;
  /** Gives the segment its name: from then on others see it. */
  publish(): Promise<void>;
  /** Takes away what was written. */
  discard(): Promise<void>;
}

/** How the files of segments end. */
export const SEGMENT_ENDING = '.pictures';

const LOCK_NAME = /^\.([0-9a-f-]{36})\.lock$/;

/**
 * Begins a segment in `folder`, which is made, and removes those that killed processes left unfinished there.
 *
 * It is written under a hidden name, beside a lock that tells others that somebody is at it, and renamed when it is whole. Nothing is
 * flushed to the disk: all that is read later is held to its checksum, so that a segment which a power failure cut short costs time alone.
 *
 * @throws The file system's error, or ZooError `invalid-file`, where nothing can be written.
 */
export async function beginSegment(folder: string, settings: string): Promise<SegmentWriter> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const name = randomUUID();
  const temporary = temporaryName(folder, name);
  const lock = await tryLockFile(join(folder, `.${name}.lock`));
  let handle: FileHandle;
  try {
    handle = await open(temporary, 'wx+');
  } catch (error) {
    await lock?.release();
    throw error;
  }
  const entries: [string, SegmentEntry][] = [];
  let end = HEADER_BYTES;
  const discard = async (): Promise<void> => {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    await lock?.release();
  };
  return {
    handle,
    discard,
    write: async (hash, { pixels, height, width }, state) => {
      const offset = end;
      end += pixels.length;
      await writeAt(handle, pixels, offset);
      const entry = { ...state, offset, height, width, checksum: crc32(pixels) };
      entries.push([hash, entry]);
      return entry;
    },
    publish: async () => {
      try {
        const { header, index } = encodeSegment(entries, settings, end);
        await writeAt(handle, index, end);
        await writeAt(handle, header, 0);
        await handle.close();
        await rename(temporary, join(folder, `${name}${SEGMENT_ENDING}`));
      } finally {
        await discard();
      }
    },
  };
}

const temporaryName = (folder: string, name: string): string => join(folder, `.${name}.tmp`);

/** A file whose lock is free has no writer any more. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const found of await readdir(folder)) {
    const name = LOCK_NAME.exec(found)?.[1];
    if (name === undefined) continue;
    const lock = await tryLockFile(join(folder, found));
    if (lock?.isExclusive !== true) continue;
    await rm(temporaryName(folder, name), { force: true });
    await lock.release();
  }
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
