import { join } from 'node:path';

import { fit, multiStepDecay, sgd, type Callback, type EpochRecord } from '@zoo/train';
import { checkpoint, hasCheckpoint, loadCheckpoint, progressBar } from '@zoo/train/node';

import { buildNetwork, type ComparedNetwork } from './networks';
import type { Pictures } from './pictures';
import type { Recipe } from './recipe';

/** Options of {@link trainNetwork}. */
export interface TrainNetworkOptions extends Pictures {
  readonly recipe: Recipe;
  readonly seed: number;
  /** Each network's run has a folder of its own in it; a run that is there is continued. */
  readonly output: string;
  readonly signal: AbortSignal;
  /** Beside the checkpoint. Default: a progress bar, on standard error. */
  readonly callbacks?: readonly Callback[];
}

/** A network's errors over its training. */
export interface ErrorCurves {
  readonly name: string;
  /** Shares of pictures that were named wrong, an epoch each. */
  readonly training: readonly number[];
  readonly test: readonly number[];
  readonly durationMs: number;
}

/** Trains one network, or reads what an earlier call has trained. */
export async function trainNetwork(
  network: ComparedNetwork,
  options: TrainNetworkOptions,
): Promise<ErrorCurves> {
  const { recipe, train, test, seed, signal, callbacks = [progressBar()] } = options;
  const directory = join(options.output, network.name);
  const updates = recipe.epochs * train.batchesPerEpoch;
  const model = buildNetwork(network, recipe, seed);
  try {
    const { epochs } = await fit(model, {
      train,
      validation: test,
      epochs: recipe.epochs,
      optimizer: sgd({ momentum: 0.9, weightDecay: 1e-4 }),
      schedule: multiStepDecay({
        initial: recipe.learningRate,
        milestones: [Math.floor(updates / 2), Math.floor((3 * updates) / 4)],
      }),
      seed,
      callbacks: [checkpoint({ directory, keep: 'none' }), ...callbacks],
      ...((await hasCheckpoint(directory)) && { resume: await loadCheckpoint(directory, model) }),
      signal,
    });
    return errorCurves(network.name, epochs);
  } finally {
    model.dispose();
  }
}

function errorCurves(name: string, epochs: readonly EpochRecord[]): ErrorCurves {
  const errors = (metric: string) => epochs.map(({ metrics }) => 1 - metrics[metric]!);
  const durationMs = epochs.reduce((sum, epoch) => sum + epoch.durationMs, 0);
  return { name, training: errors('accuracy'), test: errors('valAccuracy'), durationMs };
}
