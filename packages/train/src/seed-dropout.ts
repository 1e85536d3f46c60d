import type * as tf from '@tensorflow/tfjs';
import { createRandom } from '@zoo/core';

/** Gives the dropout layers of a model their seeds, so that a step's masks depend on the run's seed and the step alone. */
export interface DropoutSeeds {
  /** Sets the seeds for one batch: `labels` name it. */
  set(...labels: number[]): void;
  /** Puts back the layers' own seeds. */
  restore(): void;
}

interface SeededLayer {
  name: string;
  seed: number | undefined;
}

/** The layers that draw at random in training and have a seed: tfjs keeps it in a field it reads at every call. */
const RANDOM_LAYERS = ['Dropout', 'SpatialDropout1D', 'GaussianDropout', 'AlphaDropout'];

/** Finds the dropout layers of `model`, nested ones too. */
export function seedDropout(model: tf.LayersModel, seed: number): DropoutSeeds {
  const layers = randomLayers(model);
  const own = layers.map((layer) => layer.seed);
  const random = createRandom(seed);
  return {
    set: (...labels) => {
      for (const layer of layers) {
        layer.seed = random.fork('dropout', layer.name, ...labels).integer(1, 0x7fffffff);
      }
    },
    restore: () => layers.forEach((layer, index) => (layer.seed = own[index])),
  };
}

function randomLayers(container: { layers: tf.layers.Layer[] }): SeededLayer[] {
  return container.layers.flatMap((layer) => {
    if ('layers' in layer) return randomLayers(layer as unknown as tf.LayersModel);
    return RANDOM_LAYERS.includes(layer.getClassName()) ? [layer as unknown as SeededLayer] : [];
  });
}
