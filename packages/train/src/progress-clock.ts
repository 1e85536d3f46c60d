import type { EpochRecord } from './history';

/** A run's rate and remaining time. */
export interface Progress {
  /** Examples trained a second, in this epoch. */
  readonly examplesPerSecond: number;
  /** Until this epoch's last update. Not a number while unknown. */
  readonly epochLeftMs: number;
  /** Until the end of the run, validation included. */
  readonly runLeftMs: number;
}

/** Where a run is. */
export interface Position {
  /** The current epoch, from 0. */
  epoch: number;
  /** Number of epochs of the run. */
  epochs: number;
  /** Batches of the epoch that are done. */
  batch: number;
  /** Number of batches of an epoch. */
  batchesPerEpoch: number;
}

/** Measures a run's rate and estimates its end. */
export interface ProgressClock {
  /** Before the first update of an epoch. */
  beginEpoch(position: Position): void;
  /** After an update of `examples` examples. */
  update(position: Position, examples: number): Progress;
  /** After an epoch and its validation. */
  endEpoch(record: EpochRecord): void;
}

/**
 * Creates a clock for a run's rate and remaining time.
 *
 * @param now A clock in milliseconds.
 */
export function createProgressClock(now: () => number): ProgressClock {
  let beganMs = 0;
  let firstBatch = 0;
  let examplesDone = 0;
  let trainedMs = 0;
  // What an epoch takes beside its updates: validation and checkpoints, as in the epoch before.
  let overheadMs = 0;
  return {
    beginEpoch: ({ batch }) => {
      beganMs = now();
      firstBatch = batch;
      examplesDone = 0;
      trainedMs = 0;
    },
    update: ({ epoch, epochs, batch, batchesPerEpoch }, examples) => {
      examplesDone += examples;
      trainedMs = now() - beganMs;
      const batchMs = trainedMs / (batch - firstBatch);
      const epochLeftMs = batchMs * (batchesPerEpoch - batch);
      const laterMs = (epochs - epoch - 1) * (batchMs * batchesPerEpoch + overheadMs);
      return {
        examplesPerSecond: (1000 * examplesDone) / trainedMs,
        epochLeftMs,
        runLeftMs: epochLeftMs + overheadMs + laterMs,
      };
    },
    endEpoch: () => {
      overheadMs = Math.max(0, now() - beganMs - trainedMs);
    },
  };
}
