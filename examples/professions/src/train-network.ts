import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { adamW, fit, warmupCosine, type Callback, type History } from '@zoo/train';
import { checkpoint, loadBestWeights, loadCheckpoint, progressBar, type BestEpoch } from '@zoo/train/node';

import type { PictureSources } from './pictures';
import { OUTPUT_FILES, type RunSettings } from './run-settings';

/** Options of {@link trainNetwork}. */
export interface TrainNetworkOptions {
  settings: RunSettings;
  sources: PictureSources;
  output: string;
  /** Goes on from the output folder's checkpoint. */
  resume: boolean;
  signal: AbortSignal;
  callbacks: readonly Callback[];
}

/** In a few hundred updates AdamW gets further than SGD does. */
const PEAK_LEARNING_RATE = 3e-3;
const WEIGHT_DECAY = 0.05;
const WARMUP_SHARE = 0.1;

/** Trains `model`, which has the best epoch's weights in the end. */
export async function trainNetwork(
  model: tfl.LayersModel,
  { settings, sources, output, resume, signal, callbacks }: TrainNetworkOptions,
): Promise<{ history: History; best: BestEpoch }> {
  const { epochs, seed } = settings;
  const { train, validation } = sources;
  const directory = join(output, OUTPUT_FILES.checkpoints);
  const totalSteps = epochs * train.batchesPerEpoch;
  const history = await fit(model, {
    train,
    validation,
    epochs,
    optimizer: adamW({ weightDecay: WEIGHT_DECAY }),
    schedule: warmupCosine({
      peak: PEAK_LEARNING_RATE,
      warmupSteps: Math.floor(WARMUP_SHARE * totalSteps),
      totalSteps,
    }),
    labelSmoothing: 0.1,
    seed,
    signal,
    callbacks: [
      progressBar(),
      checkpoint({ directory, pattern: '{epoch:03d}-{valAccuracy:.4f}', monitor: 'valAccuracy' }),
      ...callbacks,
    ],
    ...(resume && { resume: await loadCheckpoint(directory, model) }),
  });
  return { history, best: await loadBestWeights(directory, model) };
}
