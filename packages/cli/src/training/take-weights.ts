import type * as tf from '@tensorflow/tfjs';
import { ZooError } from '@zoo/core';
import { namedWeights } from '@zoo/train';
import { loadWeightsFile } from '@zoo/weights/node';

import { noteLine, type CommandIo } from '../command-io';
import { layersModelFolder, openModel } from '../models/open-model';

/**
 * Gives `model` what fits it by name and shape out of a Keras or PyTorch file or a saved model: the start of transfer learning, where a
 * new head is of another shape than the old one.
 *
 * @throws ZooError `weights-mismatch` if nothing fits: training would begin from scratch in silence.
 */
export async function takeWeights(model: tf.LayersModel, path: string, io: CommandIo): Promise<void> {
  const { loaded, left } =
    layersModelFolder(path) === undefined
      ? await takeFromFile(model, path)
      : await takeFromModel(model, path, io);
  if (loaded.length === 0) {
    throw new ZooError(
      'weights-mismatch',
      `No weight in ${path} fits ${model.name}. Check that it is the same network and flavour.`,
    );
  }
  const rest =
    left.length === 0 ? 'all of the network' : `${left.length} begin from scratch: ${shortList(left)}`;
  noteLine(io, `weights: ${loaded.length} from ${path}; ${rest}`);
}

interface Taken {
  readonly loaded: readonly string[];
  readonly left: readonly string[];
}

async function takeFromFile(model: tf.LayersModel, path: string): Promise<Taken> {
  const { loaded, missing, mismatched } = await loadWeightsFile(model, path, { skipMismatch: true });
  return { loaded, left: [...missing, ...mismatched.map(({ name }) => name)] };
}

async function takeFromModel(model: tf.LayersModel, path: string, io: CommandIo): Promise<Taken> {
  const source = await openModel(path, io);
  try {
    const found = new Map(namedWeights(source).map(({ name, variable }) => [name, variable]));
    const loaded: string[] = [];
    const left: string[] = [];
    for (const { name, variable } of namedWeights(model)) {
      const value = found.get(name);
      const fits = value !== undefined && String(value.shape) === String(variable.shape);
      if (fits) variable.assign(value);
      (fits ? loaded : left).push(name);
    }
    return { loaded, left };
  } finally {
    source.dispose();
  }
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
