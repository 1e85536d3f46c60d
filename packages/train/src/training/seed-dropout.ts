import type * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, setDropoutStep } from '@zoo/core';

/** Gives the dropout layers of a model their seeds, so that a batch's masks depend on the run's seed and the batch alone. */
export interface DropoutSeeds {
  /** Sets the seeds for one batch: `labels` name it. */
  set(...labels: number[]): void;
  /** Puts back the layers' own seeds. */
  restore(): void;
}

/** tfjs keeps the seed of a layer that draws at random in a field that it reads at every call. */
interface SeededLayer {
  name: string;
  seed: number | undefined;
}

const RANDOM_LAYERS = ['Dropout', 'SpatialDropout1D', 'GaussianDropout', 'AlphaDropout'];

/** Finds the dropout layers of `model`, nested ones too: the stock layers, which repeat their mask if seeded, and core's. */
export function seedDropout(model: tfl.LayersModel, seed: number): DropoutSeeds {
  const models = [model, ...nestedModels(model)];
  const layers = models
    .flatMap((part) => part.layers)
    .filter((layer) => RANDOM_LAYERS.includes(layer.getClassName())) as unknown as SeededLayer[];
  const own = layers.map((layer) => layer.seed);
  const random = createRandom(seed);
  return {
    set: (...labels) => {
      // A layer of core's counts its calls; here the seed itself tells the batches apart.
      for (const part of models) setDropoutStep(part, 0);
      layers.forEach((layer, index) => {
        const stream = random.fork('dropout', layer.name, own[index] ?? 'unseeded', ...labels);
        layer.seed = stream.integer(1, 0x7fffffff);
      });
    },
    restore: () => layers.forEach((layer, index) => (layer.seed = own[index])),
  };
}

function nestedModels(model: tfl.LayersModel): tfl.LayersModel[] {
  return model.layers.flatMap((layer) => {
    if (!('layers' in layer)) return [];
    const nested = layer as unknown as tfl.LayersModel;
    return [nested, ...nestedModels(nested)];
  });
}
