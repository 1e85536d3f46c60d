import type * as tfl from '@tensorflow/tfjs-layers';

import type { OpenedFile } from '../formats/weight-format';
import type { LoadOptions } from '../loading-options';

import { assignWeights } from './assign-weights';
import type { Match } from './match-weights';
import { metadataRestorer } from './restore-metadata';
import { expectFit, type WeightsReport } from './weights-report';

/** Options of {@link fillModel}. */
export interface FillOptions extends LoadOptions {
  /** Load what fits and report the rest; false refuses. */
  readonly skipMismatch: boolean;
}

/** What {@link fillModel} needs to know of a file. */
type FilledFrom = Pick<OpenedFile, 'name' | 'metadata' | 'advice' | 'verify'>;

/**
 * Gives `model` the weights that `match` found in the file for it, then what stands beside them: all of it or, with an error, nothing.
 *
 * @throws ZooError 'weights-mismatch' that lists all that does not fit, with the file's own advice.
 */
export async function fillModel(
  model: tfl.LayersModel,
  file: FilledFrom,
  { assignments, report }: Match,
  options: FillOptions,
): Promise<WeightsReport> {
  if (!options.skipMismatch) expectFit(report, file.name, model.name, file.advice);
  const restoreMetadata = metadataRestorer(model, file.metadata, file.name);
  await assignWeights(assignments, { ...options, verify: async () => file.verify?.() });
  restoreMetadata();
  return report;
}
