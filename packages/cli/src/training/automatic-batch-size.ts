import process from 'node:process';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError } from '@zoo/core';
import type { SelectedEngine } from '@zoo/engine';
import { largestBatchSize } from '@zoo/train';
import type { Communicator } from '@zoo/train/distributed';
import { modelWeights } from '@zoo/weights';

import { noteLine, type CommandIo } from '../command-io';

import { TRAIN_OPTIONS, type TrainSettings, type UnsizedSettings } from './train-options';
import { createOptimizer } from './update-rule';

/** Larger batches than this take longer to get as far, however much memory there is. */
const LARGEST = 256;
/** Updates that an epoch is left at least, unless the usual batch makes fewer. */
const UPDATES_AN_EPOCH = 16;
/** Share of the machine's free memory that tensors may take: pictures, and other programs, need some too. */
const SHARE_OF_MACHINE = 0.75;

/** What a batch size is found for. */
export interface AutomaticBatchParts {
  readonly model: tfl.LayersModel;
  readonly settings: UnsizedSettings;
  readonly engine: Pick<SelectedEngine, 'name' | 'memoryBytes'>;
  /** Pictures that are trained on. */
  readonly pictures: number;
  readonly ranks: Communicator;
}

/**
 * The settings with a number for `batchSize: 'auto'`: the largest power of two, or one and a half times one, whose training fits into the
 * memory, on every rank; at most 256, and so that an epoch has 16 updates unless the default has fewer.
 *
 * @throws ArgumentError on an engine that tells of no memory, as a graphics card's do, without `--memory`; ZooError `out-of-memory` where one
 *   picture is too much.
 */
export async function withBatchSize(parts: AutomaticBatchParts, io: CommandIo): Promise<TrainSettings> {
  const { settings, ranks, pictures } = parts;
  const { batchSize } = settings;
  if (batchSize !== 'auto') return { ...settings, batchSize };
  // All ranks measure the free memory before any of them takes some.
  const shares = (await ranks.gatherValues(ranks.host)).filter((host) => host === ranks.host).length;
  const memoryBytes = memoryFor(parts.engine, shares);
  const own = await fitting(parts, memoryBytes);
  const fits = ranks.size * Math.min(...(await ranks.gatherValues(own)));
  const found = evenBatchSize(Math.min(fits, largestUseful(pictures)));
  noteLine(io, `batch size: ${found} (up to ${fits} at once fit into ${inWords(ranks.size * memoryBytes)})`);
  return { ...settings, batchSize: found };
}

/** The largest power of two, or one and a half times one, up to `most`. */
export function evenBatchSize(most: number): number {
  const power = 2 ** Math.floor(Math.log2(most));
  return power >= 2 && 1.5 * power <= most ? 1.5 * power : power;
}

/** The largest batch for so many pictures: see {@link withBatchSize}. */
export function largestUseful(pictures: number): number {
  return Math.min(LARGEST, Math.max(TRAIN_OPTIONS.batchSize.default as number, pictures / UPDATES_AN_EPOCH));
}

/** Bytes that a rank's tensors may take. */
function memoryFor({ name, memoryBytes }: AutomaticBatchParts['engine'], ranksOfMachine: number): number {
  if (memoryBytes === undefined && !COMPUTE_IN_MACHINE.includes(name)) {
    throw new ArgumentError(
      '--batch-size',
      `a number on ${name}, which does not tell how much memory its card has,`,
      'auto',
      'Or give --memory, in MiB.',
    );
  }
  const ofMachine = (SHARE_OF_MACHINE * process.availableMemory()) / ranksOfMachine;
  return Math.floor(Math.min(memoryBytes ?? Infinity, ofMachine));
}

const COMPUTE_IN_MACHINE: readonly string[] = ['tensorflow', 'wasm', 'cpu'];

/** Pictures whose training fits into this rank's memory. */
async function fitting({ model, settings }: AutomaticBatchParts, memoryBytes: number): Promise<number> {
  const weightBytes = modelWeights(model).reduce(
    (bytes, { variable }) => bytes + 4 * tf.util.sizeFromShape(variable.shape as number[]),
    0,
  );
  const { accumulateSteps, emaDecay, swaFromEpoch, recomputeActivations = false } = settings;
  // Memory beyond a single step: a teacher, accumulated gradients, averages of the weights.
  const copies = (accumulateSteps > 1 ? 1 : 0) + ((emaDecay ?? swaFromEpoch) === undefined ? 0 : 1);
  const othersBytes = tf.memory().numBytes - weightBytes + copies * weightBytes;
  const { batchSize } = await largestBatchSize(model, {
    optimizer: createOptimizer(settings),
    memoryBytes: Math.max(1, memoryBytes - othersBytes),
    imageSize: largestImageSize(settings),
    recomputeActivations,
    maximum: LARGEST,
  });
  return batchSize;
}

/** Of all epochs. */
function largestImageSize({ imageSize, imageSizeByEpoch = [] }: UnsizedSettings): readonly [number, number] {
  return imageSizeByEpoch
    .map((part) => part.imageSize)
    .reduce((left, right) => (right[0] * right[1] > left[0] * left[1] ? right : left), imageSize);
}

const inWords = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
