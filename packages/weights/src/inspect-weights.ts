import { expectKnownOptions } from '@zoo/core';

import type { WeightsInspection } from './formats/weight-format';
import { weightFormatOf } from './formats/weight-formats';
import { withSource, type WeightFile } from './source/open-source';

/** Options of {@link inspectWeights}. */
export interface InspectWeightsOptions {
  signal?: AbortSignal;
}

/**
 * Reads the directory of a weight file, whatever its kind and name: which tensors of which shapes, and what is said beside them.
 *
 * @throws ZooError 'invalid-file' if the file is none that is known or is damaged, 'unsupported' for Python objects other than
 *   tensors, 'download'.
 */
export async function inspectWeights(
  file: WeightFile,
  options: InspectWeightsOptions = {},
): Promise<WeightsInspection> {
  expectKnownOptions('options', options, ['signal']);
  return withSource(file, options, async (source) => (await weightFormatOf(source)).inspect(source));
}
