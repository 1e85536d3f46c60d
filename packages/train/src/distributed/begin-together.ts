import { ZooError } from '@zoo/core';

import type { RunParts } from '../training/run-parts';
import type { RunSettings, SavedOptimizerState, TrainingState } from '../training/training-state';

import type { RunRanks } from './run-ranks';

/** Where a run goes on from, of which rank 0's counts. */
export interface StartingPoint {
  resume?: TrainingState | undefined;
  optimizerState?: SavedOptimizerState | undefined;
}

/** A run that is set up and has not begun. */
interface PreparedRun {
  readonly parts: RunParts;
  dispose(): void;
}

/**
 * Sets up a run on all ranks and gives them the state and the weights of rank 0; where that fails on one, it fails on all.
 *
 * Checkpoints are rank 0's: the other ranks need not see its files, and may be more or fewer than when it was written.
 *
 * @param prepare Sets up this rank's run.
 */
export async function beginTogether<Run extends PreparedRun>(
  ranks: RunRanks,
  own: StartingPoint,
  prepare: (start: StartingPoint) => Run,
): Promise<Run> {
  await ranks.expectOneEngine();
  const start: StartingPoint = await ranks.fromFirst({
    resume: own.resume,
    optimizerState: own.optimizerState,
  });
  const run = await ranks.together(
    () => prepare(start),
    (prepared) => prepared.dispose(),
  );
  try {
    const { parts } = run;
    const settings = await ranks.fromFirst(parts.settings);
    await ranks.together(() => expectSettingsOfFirst(parts.settings, settings, ranks.rank));
    await ranks.begin({
      model: parts.model,
      weights: parts.weights,
      parameters: parts.parameters,
      slots: [...(parts.averages?.values.values() ?? []), ...parts.optimizerState.slots.values()],
      overlaps: parts.accumulateSteps === 1 && parts.pieces === undefined,
    });
    return run;
  } catch (error) {
    run.dispose();
    throw error;
  }
}

function expectSettingsOfFirst(own: RunSettings, first: RunSettings, rank: number): void {
  const names = [...new Set([...Object.keys(first), ...Object.keys(own)])];
  const different = names.filter((name) => JSON.stringify(own[name]) !== JSON.stringify(first[name]));
  if (different.length === 0) return;
  const shown = different
    .slice(0, 3)
    .map(
      (name) => `\`${name}\` is ${JSON.stringify(own[name])} and on rank 0 ${JSON.stringify(first[name])}`,
    );
  throw new ZooError(
    'communicator',
    `Expected rank ${rank} to be set up as rank 0 but ${shown.join('; ')}${different.length > 3 ? '; and more' : ''}. ` +
      'Start all ranks with the same options, on the same data.',
  );
}
