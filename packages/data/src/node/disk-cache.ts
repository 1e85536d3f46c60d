import { statSync } from 'node:fs';
import { rm, statfs, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

import { fingerprintOf } from '@zoo/core';
import type { ReadOptions } from '@zoo/core/options';

import type { ResolvedBatchesOptions } from '../batches/image-batches-options';
import type { CreatePictureCache, KeptPictures, PictureCache } from '../batches/picture-cache';
import { messageOf, type DECODING_OPTIONS } from '../image/decode-options';

import { openSegments, placePictures, readPicture, type OpenSegment } from './open-segments';
import {
  pathHash,
  SEGMENT_VERSION,
  type FileState,
  type SegmentEntry,
  type SegmentIndex,
} from './picture-segment';
import { beginSegment, type SegmentWriter } from './segment-writer';

/** What is left free of the disk, unless the caller says how much the cache may take. */
const RESERVE_BYTES = 1_073_741_824;

/**
 * Makes caches on the disk, below `directory`: see {@link diskCache}.
 *
 * Pictures of one folder that are decoded and resized in one way share a folder of the cache, whatever part of them a set has: another
 * split finds what the first one left.
 */
export function createDiskCache(
  directory: string,
  decoding: ReadOptions<typeof DECODING_OPTIONS>,
): CreatePictureCache {
  return (examples, options) => {
    const paths = examples.map(({ path }) => resolve(path));
    const settings = settingsText(options, decoding);
    const folder = join(directory, fingerprintOf([commonFolder(paths), settings]));
    return diskCache(paths, { folder, settings, limitBytes: options.cacheLimitBytes });
  };
}

/** All that the pixels follow from, besides the file. */
function settingsText(
  { augmentFrom, imageSize, resize, aspect, cropFraction, padColor }: ResolvedBatchesOptions,
  { convention, background }: ReadOptions<typeof DECODING_OPTIONS>,
): string {
  const fitted = { imageSize: augmentFrom ?? imageSize, resize, aspect, cropFraction, padColor };
  return JSON.stringify({
    ...{ version: SEGMENT_VERSION, convention, background },
    ...(augmentFrom !== 'source' && fitted),
  });
}

/** The innermost folder that all of `paths` lie in. */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let common = dirname(first);
  for (const path of others) {
    while (!path.startsWith(common.endsWith(sep) ? common : `${common}${sep}`)) common = dirname(common);
  }
  return common;
}

interface DiskCacheOptions {
  readonly folder: string;
  /** What the pictures are made with; a segment with other settings is none of this cache. */
  readonly settings: string;
  /** Undefined for all that the disk has but {@link RESERVE_BYTES}. */
  readonly limitBytes: number | undefined;
}

/**
 * Pictures in files of a folder, for the epochs, runs and processes to come.
 *
 * Each epoch writes the pictures that it does not find to a segment of its own and publishes it at its end, whole or not at all; an
 * epoch that begins reads what all have published. So processes share what they decode without waiting for each other. Two that write
 * at once write two segments, of which the later counts; one that holds nothing which a later one lacks is removed.
 *
 * A picture is read with one positioned read, and held to its checksum and to its file's size and time of change: what is damaged or
 * out of date is decoded again. Where nothing can be written, a process warning says so and pictures are decoded each time.
 */
function diskCache(
  paths: readonly string[],
  { folder, settings, limitBytes }: DiskCacheOptions,
): PictureCache {
  let known = new Map<string, SegmentIndex>();
  let places = { ...placePictures([], paths), names: '' };
  let isWritable = true;
  const warn = (problem: string): void => {
    if (isWritable) {
      process.emitWarning(
        `Expected to keep pictures in ${folder} but ${problem}. They are decoded each time that they are needed: ` +
          "name a folder with room in options.cacheDirectory, or set options.cache to 'none'.",
      );
    }
    isWritable = false;
  };

  const open = async (): Promise<OpenSegment[]> => {
    const all = await openSegments(folder, settings, known);
    known = new Map(all.map(({ name, index }) => [name, index]));
    const names = all.map(({ name }) => name).join();
    if (names !== places.names) places = { ...placePictures(all, paths), names };
    for (const name of places.superfluous)
      await rm(join(folder, name), { force: true }).catch(() => undefined);
    return all;
  };

  const begin = async (): Promise<KeptPictures> => {
    const segments = await open();
    const { segmentOf, recordOf } = places;
    /** What the files of pictures that are not kept were before these are decoded. */
    const states = new Map<number, FileState>();
    const written = new Map<number, readonly [FileHandle, SegmentEntry]>();
    let segment: Promise<NewSegment> | undefined;
    let isDamaged = false;

    const keptAt = (member: number): readonly [FileHandle, SegmentEntry] | undefined => {
      const published = segments[segmentOf[member]!];
      return (
        written.get(member) ?? (published && [published.handle, published.index.entry(recordOf[member]!)])
      );
    };
    return {
      get: async (member) => {
        const state = fileState(paths[member]!);
        if (state === undefined) return undefined;
        const kept = keptAt(member);
        const image = kept && isOf(kept[1], state) ? await readPicture(...kept) : undefined;
        if (image === undefined) states.set(member, state);
        return image;
      },
      offer: async (member, image) => {
        const state = states.get(member);
        states.delete(member);
        if (state === undefined || !isWritable) return;
        try {
          const begun = await (segment ??= beginWithin(folder, settings, segments, limitBytes));
          begun.room -= image.pixels.length;
          if (begun.room < 0) {
            if (limitBytes === undefined) warn('its disk would have less than 1 GiB left');
            return;
          }
          const { writer } = begun;
          written.set(member, [writer.handle, await writer.write(pathHash(paths[member]!), image, state)]);
        } catch (error) {
          isDamaged = true;
          warn(messageOf(error));
        }
      },
      end: async () => {
        const writer = (await segment?.catch(() => undefined))?.writer;
        try {
          if (written.size > 0 && !isDamaged) await writer?.publish();
          else await writer?.discard();
        } catch (error) {
          warn(messageOf(error));
        }
        for (const { handle } of segments) await handle.close();
      },
    };
  };
  return { begin };
}

const isOf = (entry: SegmentEntry, { sizeBytes, modifiedNs }: FileState): boolean =>
  entry.sizeBytes === sizeBytes && entry.modifiedNs === modifiedNs;

/** A segment that an epoch writes. */
interface NewSegment {
  readonly writer: SegmentWriter;
  /** Bytes that it may take, still. */
  room: number;
}

async function beginWithin(
  folder: string,
  settings: string,
  segments: readonly OpenSegment[],
  limitBytes: number | undefined,
): Promise<NewSegment> {
  const writer = await beginSegment(folder, settings);
  if (limitBytes !== undefined) {
    return { writer, room: limitBytes - segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  }
  const free = await statfs(folder).catch(() => undefined);
  return { writer, room: free === undefined ? Infinity : free.bavail * free.bsize - RESERVE_BYTES };
}

/** What the file at `path` is now; undefined where there is none. */
function fileState(path: string): FileState | undefined {
  try {
    // Some microseconds; a turn through the thread pool takes ten times as long.
    const { size, mtimeNs } = statSync(path, { bigint: true });
    return { sizeBytes: Number(size), modifiedNs: mtimeNs };
  } catch {
    return undefined;
  }
}
