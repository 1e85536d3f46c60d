import type * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';
import { loadKerasWeights } from '@zoo/weights/node';

import { noteLine, type CommandIo } from '../command-io';

/**
 * Gives `model` what fits it by name and shape out of a weights file: the start of transfer learning, since a new head is of
 * another shape than the old one.
 *
 * @throws ZooError `weights-mismatch` if nothing fits: training would begin from scratch in silence.
 */
export async function takeWeights(model: tf.LayersModel, path: string, io: CommandIo): Promise<void> {
  const { loaded, missing, mismatched } = await loadKerasWeights(model, path, { skipMismatch: true });
  if (loaded.length === 0) {
    throw new ZooError(
      'weights-mismatch',
      `No weight in ${path} fits ${model.name}. Check that it is the same network and flavour.`,
    );
  }
  const left = [...missing, ...mismatched.map(({ name }) => name)];
  const rest =
    left.length === 0
      ? 'all of the network'
      : `${left.length} weights begin from scratch: ${shortList(left)}`;
  noteLine(io, `weights: ${loaded.length} from ${path}; ${rest}`);
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
