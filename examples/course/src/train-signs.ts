import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { colorJitter, randomAffine, randomHorizontalFlip, type ImageSet } from '@zoo/data';
import { imageBatches, readFlatFolder, readSigns } from '@zoo/data/node';
import { resnet50 } from '@zoo/resnet';
import {
  adam,
  evaluate,
  fit,
  formatConfusionMatrix,
  warmupCosine,
  type Callback,
  type Evaluation,
} from '@zoo/train';
import { checkpoint, hasCheckpoint, loadCheckpoint, progressBar } from '@zoo/train/node';
import { saveModelFile } from '@zoo/weights/node';

/** Options of {@link trainSigns}. */
export interface TrainSignsOptions {
  /** The course's `train_signs.h5` and `test_signs.h5`, or folders `train_signs` and `test_signs` of `<fingers>_IMG_<number>.jpg`. */
  readonly directory: string;
  readonly epochs: number;
  readonly seed: number;
  /** Where the run and its network are written; a run that is there is continued. */
  readonly output: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
  /** Beside the checkpoint. Default: a progress bar. */
  readonly callbacks?: readonly Callback[];
}

const IMAGE_SIZE = 64;

/** Trains the exercise's ResNet-50 on six hand signs, and tests it. */
export async function trainSigns(options: TrainSignsOptions): Promise<Evaluation> {
  const { directory, epochs, seed, output, print, signal, callbacks = [progressBar()] } = options;
  const signs = await openSigns(directory);
  const shared = { imageSize: IMAGE_SIZE, batchSize: 32, seed, cache: 'memory' } as const;
  const train = await imageBatches(signs.train, {
    ...shared,
    augment: [
      randomAffine({ rotation: 15, shift: 0.1, zoom: [0.85, 1.15] }),
      randomHorizontalFlip(),
      colorJitter({ brightness: 0.3, contrast: 0.3 }),
    ],
  });
  const held = await imageBatches(signs.test, { ...shared, shuffle: false });
  const model = buildNetwork(train.classNames.length, seed);
  try {
    const totalSteps = epochs * train.batchesPerEpoch;
    await fit(model, {
      train,
      validation: held,
      epochs,
      optimizer: adam(),
      schedule: warmupCosine({ peak: 1e-3, warmupSteps: Math.floor(totalSteps / 10), totalSteps }),
      seed,
      callbacks: [checkpoint({ directory: output, keep: 'none' }), ...callbacks],
      ...((await hasCheckpoint(output)) && { resume: await loadCheckpoint(output, model) }),
      signal,
    });
    const path = join(output, 'signs.safetensors');
    await saveModelFile(model, path);
    const evaluation = await evaluate(model, held, { signal });
    print(formatConfusionMatrix(evaluation));
    print(`${(100 * evaluation.accuracy).toFixed(1)} % of ${evaluation.exampleCount} test signs; ${path}`);
    return evaluation;
  } finally {
    model.dispose();
  }
}

/** The exercise's network: 23,600,006 parameters with six classes. */
function buildNetwork(classes: number, seed: number): tfl.LayersModel {
  return resnet50({
    variant: 'deeplearningAi',
    inputShape: [IMAGE_SIZE, IMAGE_SIZE, 3],
    classes,
    weights: null,
    seed,
  });
}

async function openSigns(directory: string): Promise<{ train: ImageSet; test: ImageSet }> {
  const names = await readdir(directory).catch((): string[] => []);
  if (names.includes('train_signs.h5')) return readSigns(directory);
  // The number of fingers stands before the first underscore.
  const label = /^(\d)_/;
  const train = await readFlatFolder(join(directory, 'train_signs'), { label });
  const { classNames } = train;
  return { train, test: await readFlatFolder(join(directory, 'test_signs'), { label, classNames }) };
}
