import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { readIdenProf } from '@zoo/data/node';
import { resnet50, summary } from '@zoo/resnet';
import { adam, fit, type Callback, type History } from '@zoo/train';
import { checkpoint, progressBar } from '@zoo/train/node';

import { dataGenerator } from './data-generator';
import { learningRateOf } from './learning-rate';
import { checkpointLines, foundImages, learningRateLines, parameterLines, type Print } from './printed-lines';

/** Options of {@link trainNetwork}; the defaults are the program's own. */
export interface TrainNetworkOptions {
  /** The folder that holds `train` and `test`. */
  dataDirectory: string;
  /** Where weights are written. */
  modelDirectory: string;
  /** Default 224. */
  imageSize?: number | undefined;
  /** Default 32. */
  batchSize?: number | undefined;
  /** Default 200. */
  epochs?: number | undefined;
  /** Batches an epoch. Default: `int(pictures / batchSize)`, 281. */
  stepsPerEpoch?: number | undefined;
  /** Batches a validation. Default: `int(pictures / batchSize)`, 62. */
  validationSteps?: number | undefined;
  /** Of first weights, order and flips; the Python program has none. Default 0. */
  seed?: number | undefined;
  /** A Keras file of the program to begin with, in place of weights drawn at random. */
  weights?: string | undefined;
  /** Where the lines that the Python program prints go. Default `console.log`. */
  print?: Print;
  /** Callbacks beside the checkpoint. Default: a progress bar, on standard error. */
  callbacks?: readonly Callback[];
  signal?: AbortSignal;
}

/** `Adam(lr=0.01, decay=1e-4)`: the schedule overwrites the rate each epoch, the decay still acts at every step. */
const DECAY = 1e-4;

/** Trains ResNet-50 on the ten professions and keeps the weights of every best epoch as a Keras file. */
export async function trainNetwork(options: TrainNetworkOptions): Promise<History> {
  const { dataDirectory, modelDirectory, imageSize = 224, batchSize = 32, epochs = 200, seed = 0 } = options;
  const { print = console.log, callbacks = [progressBar()] } = options;
  const folders = await readIdenProf(dataDirectory);
  const classes = folders.train.classNames.length;
  const network = { variant: 'idenprof', inputShape: [imageSize, imageSize, 3], classes, seed } as const;
  const model =
    options.weights === undefined
      ? resnet50(network)
      : await resnet50({ ...network, weights: options.weights });
  try {
    const trainable = model.trainableWeights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    parameterLines(model.countParams(), trainable).forEach(print);
    print('Using real time Data Augmentation');
    const shared = { imageSize, batchSize, seed };
    const { stepsPerEpoch, validationSteps } = options;
    const train = await dataGenerator(folders.train, { ...shared, flips: true, stepsPerEpoch });
    print(foundImages(folders.train));
    const validation = await dataGenerator(folders.test, {
      ...shared,
      flips: false,
      stepsPerEpoch: validationSteps,
    });
    print(foundImages(folders.test));
    const keeper = checkpoint({
      directory: modelDirectory,
      pattern: 'idenprof_weight_model.{epoch:03d}-{val_acc}.h5',
      monitor: 'val_acc',
      keep: 'everyBest',
    });
    const fileOf = (epoch: number): string => {
      const prefix = `idenprof_weight_model.${`${epoch + 1}`.padStart(3, '0')}-`;
      const names = readdirSync(modelDirectory).filter((name) => name.startsWith(prefix));
      return join(modelDirectory, names.at(-1) ?? prefix);
    };
    return await fit(model, {
      train,
      validation,
      epochs,
      recomputeActivations: tf.getBackend() === 'wasm' && !fitsHeap(model, batchSize),
      // Keras adds epsilon before the second moment's bias is corrected.
      optimizer: adam({ epsilon: 1e-7, epsilonHat: true }),
      schedule: (step) => learningRateOf(Math.floor(step / train.batchesPerEpoch)) / (1 + DECAY * step),
      callbacks: [
        learningRateLines(learningRateOf, print),
        keeper,
        checkpointLines(fileOf, print),
        ...callbacks,
      ],
      ...(options.signal && { signal: options.signal }),
    });
  } finally {
    model.dispose();
  }
}

/**
 * True if a step that keeps all activations fits the 4 GiB of a wasm heap: with gradients, weights and Adam's state it takes some 2.3 times
 * the activations alone.
 */
function fitsHeap(model: tfl.LayersModel, batchSize: number): boolean {
  return summary(model).activationBytes * batchSize * 2.3 < 0.9 * 2 ** 32;
}

function sizeOf(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, size) => product * (size ?? 1), 1);
}
