import * as tf from '@tensorflow/tfjs-core';
import {
  ArgumentError,
  expectEngine,
  expectInteger,
  type Batch,
  type BatchSource,
  type Preprocessing,
} from '@zoo/core';

import type { PixelBatch } from '../augment/augmentation';

import { batchRoom, type BatchRoom, type TakeValues } from './batch-room';
import { prefetch } from './prefetch';

/** A batch as plain arrays, the form it waits in. */
export interface MadeBatch {
  readonly pixels: PixelBatch;
  /** The room that was taken for its pictures: where they are, unless some had to be left out. */
  readonly taken: Float32Array;
  readonly sources: readonly string[];
}

/** Makes batch `index` of an epoch; stops soon after `signal` is aborted. */
export type MakeBatch = (index: number, signal: AbortSignal) => Promise<MadeBatch>;

/** The share of each batch that one of several processes takes. */
export interface BatchPart {
  readonly rank: number;
  readonly size: number;
}

/** The places of a batch of `count` examples that belong to `part`: from `start` up to `end`. */
export function placesOf(count: number, { rank, size }: BatchPart): { start: number; end: number } {
  return { start: Math.floor((rank * count) / size), end: Math.floor(((rank + 1) * count) / size) };
}

/** How the batches of one epoch are made. */
export interface EpochWork {
  readonly make: MakeBatch;
  /** Called when the epoch has ended, however it did, and no batch is being made any more. */
  readonly end?: () => Promise<void>;
}

/** What {@link createBatchSource} needs to know. */
export interface BatchSourceParts {
  readonly classNames: readonly string[];
  /** Whether pictures may have several classes, or none. Default false. */
  readonly isMultiLabel?: boolean;
  readonly preprocessing: Partial<Preprocessing>;
  readonly height: number;
  readonly width: number;
  /** Values of a pixel. Default those of the preprocessing's colour mode. */
  readonly channels?: 1 | 3 | 4;
  /** Examples in the set. */
  readonly total: number;
  readonly batchSize: number;
  readonly dropRemainder: boolean;
  /** Batches that end an epoch; undefined for all. */
  readonly stepsPerEpoch: number | undefined;
  /** True if an epoch may take more batches than one pass over the set has. Default false. */
  readonly isEndless?: boolean;
  /** What the batches follow from: see BatchSource.settings. */
  readonly settings: NonNullable<BatchSource['settings']>;
  /** Batches made ahead. */
  readonly ahead: number;
  /** What makes the batches of `epoch`, or of each the part that is asked for where `makesParts`. */
  beginEpoch(epoch: number, takeValues: TakeValues, part: BatchPart): EpochWork | Promise<EpochWork>;
  /** True if other threads write into batches: their room is shared memory. Default false. */
  readonly isShared?: boolean;
  /** True if a part is made without the rest of its batch; else the batch is made whole and cut. */
  readonly makesParts?: boolean;
}

/** A BatchSource that makes its batches ahead as plain arrays and turns each into tensors when it is yielded. */
export function createBatchSource(parts: BatchSourceParts, part: BatchPart = WHOLE): BatchSource {
  const { classNames, preprocessing, batchSize, dropRemainder, height, width, total, ahead } = parts;
  const whole = dropRemainder ? Math.floor(total / batchSize) : Math.ceil(total / batchSize);
  if (whole === 0) {
    const least = dropRemainder ? `at least one batch of ${batchSize} examples` : 'at least one example';
    const advice = dropRemainder ? 'Lower batchSize, or leave out dropRemainder.' : undefined;
    throw new ArgumentError('set', least, total, advice);
  }
  const { stepsPerEpoch, isEndless = false } = parts;
  const batchesPerEpoch =
    stepsPerEpoch === undefined ? whole : isEndless ? stepsPerEpoch : Math.min(whole, stepsPerEpoch);
  const examplesPerPass = Math.min(total, whole * batchSize);
  return {
    classNames,
    ...(parts.isMultiLabel === true && { isMultiLabel: true }),
    preprocessing,
    imageShape: [height, width, parts.channels ?? (preprocessing.colorMode === 'grayscale' ? 1 : 3)],
    exampleCount:
      Math.floor(batchesPerEpoch / whole) * examplesPerPass +
      Math.min(examplesPerPass, (batchesPerEpoch % whole) * batchSize),
    batchSize,
    batchesPerEpoch,
    settings: parts.settings,
    batches: async function* ({ epoch, firstBatch = 0, signal }) {
      expectEngine();
      expectInteger('request.epoch', epoch, { minimum: 0 });
      expectInteger('request.firstBatch', firstBatch, { minimum: 0, maximum: batchesPerEpoch });
      const room = batchRoom(parts.isShared === true);
      const { make, end } = await parts.beginEpoch(epoch, room.take, part);
      const made = prefetch({ first: firstBatch, end: batchesPerEpoch, ahead, make, signal });
      try {
        for await (const batch of made) {
          const tensors = toTensors(parts.makesParts === true ? batch : cut(batch, part), room);
          room.giveBack(batch.taken);
          yield tensors;
        }
      } finally {
        try {
          await end?.();
        } finally {
          room.end();
        }
      }
    },
    part: (rank, size) => {
      expectInteger('size', size, { minimum: 1 });
      expectInteger('rank', rank, { minimum: 0, maximum: size - 1 });
      return createBatchSource(parts, { rank, size });
    },
  };
}

const WHOLE: BatchPart = { rank: 0, size: 1 };

function cut(batch: MadeBatch, part: BatchPart): MadeBatch {
  const { images, labels, size } = batch.pixels;
  const { start, end } = placesOf(size, part);
  const rows = (values: Float32Array): Float32Array =>
    values.subarray((start * values.length) / size, (end * values.length) / size);
  return {
    ...batch,
    pixels: { ...batch.pixels, size: end - start, images: rows(images), labels: rows(labels) },
    sources: batch.sources.slice(start, end),
  };
}

function toTensors({ pixels, sources }: MadeBatch, room: BatchRoom): Batch {
  const { images, labels, size, height, width, channels, classes } = pixels;
  return {
    images: room.toTensor(images, [size, height, width, channels]),
    labels: tf.tensor2d(labels, [size, classes]),
    sources,
  };
}
