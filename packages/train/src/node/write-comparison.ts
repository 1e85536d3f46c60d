import { ArgumentError } from '@zoo/core';
import { writeFileAtomically } from '@zoo/weights/node';

import { MAXIMUM_RUNS, renderComparison, type ComparedRun } from '../report/render-comparison';

/**
 * Writes curves of several runs, and the settings in which they differ, as one self-contained HTML file, completely or not at all.
 *
 * @throws ArgumentError for no runs, or for more than 8, because colours would repeat.
 */
export async function writeComparison(
  path: string,
  title: string,
  runs: readonly ComparedRun[],
): Promise<void> {
  if (runs.length === 0 || runs.length > MAXIMUM_RUNS)
    throw new ArgumentError('runs', `1 to ${MAXIMUM_RUNS} runs`, runs.length);
  await writeFileAtomically(path, renderComparison(title, runs));
}
