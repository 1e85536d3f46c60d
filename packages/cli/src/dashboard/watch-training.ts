import type { BatchSource } from '@zoo/core';
import { readImageFile, thumbnailUrl } from '@zoo/data/node';
import { createProgressClock, evaluate, mostWrong, type Callback, type TrainingRun } from '@zoo/train';
import { measuredSection } from '@zoo/train/node';

import { letIn } from '../serve/let-in';

import type { LiveRun } from './live-run';

/** Pictures that are shown of those that validation was most surely wrong about. */
const HARDEST_PICTURES = 12;
const PICTURE_SIDE = 128;

/** How long answers to pages may hold up training after an update. */
const LET_IN_MS = 50;

/** What {@link watchTraining} reads. */
export interface WatchedTraining {
  readonly live: LiveRun;
  readonly validation: BatchSource;
  readonly signal: AbortSignal;
  /** Requests that are being answered. */
  readonly requests: () => number;
}

/**
 * Feeds a dashboard while a run goes on: its figures after updates, its history after epochs, and, while a page is open, the confusion matrix
 * and the hardest pictures, for which the validation pictures are read once more. Nothing of the run changes, and what fails here is left out.
 */
export function watchTraining({ live, validation, signal, requests }: WatchedTraining): Callback {
  const clock = createProgressClock(() => performance.now());
  const place = ({ epoch, epochs, batch, batchesPerEpoch }: TrainingRun) => ({
    epoch: Math.min(epoch + 1, epochs),
    ...{ epochs, batch, batchesPerEpoch },
  });
  return {
    name: 'dashboard',
    isForFirstRank: true,
    onTrainBegin: (run) => {
      live.history = [...run.history];
      live.update({ ...place(run), state: 'training', learningRate: run.learningRate });
    },
    onEpochBegin: (run) => clock.beginEpoch(run),
    onStepEnd: (run, { epochSoFar, learningRate, examples }) => {
      const { examplesPerSecond, runLeftMs } = clock.update(run, examples);
      const { loss, accuracy } = epochSoFar;
      live.update({ ...place(run), loss, accuracy, learningRate, examplesPerSecond, runLeftMs });
    },
    // Steps usually run on this thread, and nothing else has a turn meanwhile.
    onStepSettled: () => letIn(requests, LET_IN_MS),
    onEpochEnd: async (run, record) => {
      live.history = [...run.history];
      if (live.isWatched) await measure(run, record.epoch, { live, validation, signal });
      live.update(place(run), { isEpoch: true });
      await letIn(requests, LET_IN_MS);
    },
    onEpochSettled: (_run, record) => clock.endEpoch(record),
  };
}

async function measure(
  run: TrainingRun,
  epoch: number,
  { live, validation, signal }: Pick<WatchedTraining, 'live' | 'signal' | 'validation'>,
): Promise<void> {
  try {
    const evaluation = await run.withMeasuredWeights(() => evaluate(run.model, validation, { signal }));
    const wrong = mostWrong(evaluation.predictions, HARDEST_PICTURES);
    const pictured = await Promise.all(
      wrong.map(async (prediction) => ({ prediction, picture: await thumbnail(prediction.source) })),
    );
    live.measured = measuredSection({ name: `Validation after epoch ${epoch + 1}`, evaluation }, pictured);
  } catch {
    // `fit` reports an abort, and no other error here should end a run.
  }
}

/** A picture's file, small, as the address of an `img`; undefined where a source is no file. */
async function thumbnail(source: string): Promise<string | undefined> {
  try {
    return await thumbnailUrl(await readImageFile(source), PICTURE_SIDE);
  } catch {
    return undefined;
  }
}
