import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { bestEpoch } from '@zoo/train';
import { readHistory } from '@zoo/train/node';

import { OUTPUT_FILES } from '../training/train-settings';

/** What a card calls the metrics that it shows. */
const SHOWN = { valAccuracy: 'validation accuracy', valLoss: 'validation loss' } as const;

/** What a run's best epoch, whose weights it saved, reached on its validation pictures; nothing for a model that is no run's. */
export async function bestMetrics(run: string): Promise<Record<string, number>> {
  const checkpoints = join(run, OUTPUT_FILES.checkpoints);
  if (!existsSync(checkpoints)) return {};
  const history = await readHistory(checkpoints);
  const best = bestEpoch(history);
  const { metrics = {} } = history.epochs.find(({ epoch }) => epoch === best) ?? {};
  return Object.fromEntries(
    Object.entries(SHOWN).flatMap(([name, shown]) => {
      const value = metrics[name];
      return value === undefined ? [] : [[shown, value]];
    }),
  );
}
