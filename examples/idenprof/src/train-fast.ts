import { join } from 'node:path';

import * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, setModelMetadata, type BatchSource } from '@zoo/core';
import {
  colorJitter,
  cutMix,
  mixUp,
  randomErasing,
  randomHorizontalFlip,
  randomResizedCrop,
  splitExamples,
} from '@zoo/data';
import { imageBatches, readIdenProf, type ImageFolder } from '@zoo/data/node';
import { slimResnet18 } from '@zoo/resnet';
import {
  evaluate,
  fit,
  formatConfusionMatrix,
  sgd,
  warmupCosine,
  type Callback,
  type Evaluation,
} from '@zoo/train';
import { checkpoint, hasCheckpoint, loadCheckpoint, progressBar } from '@zoo/train/node';
import { saveModelFile } from '@zoo/weights/node';

import type { Print } from './printed-lines';

/** Options of {@link trainFast}. */
export interface TrainFastOptions {
  /** The folder that holds `train` and `test`. */
  dataDirectory: string;
  /** Where the run and its model are written; a run that is there already is continued. */
  modelDirectory: string;
  /** Of first weights, order and augmentation. Default 0. */
  seed?: number | undefined;
  /** Share of the training pictures to score in place of the test part, and not to train on: for work on the recipe. Default 0. */
  holdOut?: number | undefined;
  /** Shortens the recipe to so many epochs, each size's share kept. Default 68. */
  epochs?: number | undefined;
  print?: Print;
  /** Callbacks beside the checkpoint. Default: a progress bar, on standard error. */
  callbacks?: readonly Callback[];
  signal?: AbortSignal;
}

/** The whole recipe. */
const RECIPE = {
  sizes: [
    { epochs: 40, imageSize: 64 },
    { epochs: 22, imageSize: 96 },
    { epochs: 6, imageSize: 112 },
  ],
  /**
   * Size in which pictures are read once it is trained. A random crop shows things larger than the whole picture does, so that a network
   * knows them best in pictures larger than its crops (Touvron et al. 2019, "Fixing the train-test resolution discrepancy", section 3).
   */
  testSize: 128,
  /** Pictures are kept in memory in this size, and cropped from it. */
  augmentFrom: 144,
  batchSize: 64,
  peakLearningRate: 0.15,
  warmupShare: 0.05,
  weightDecay: 5e-4,
  labelSmoothing: 0.1,
} as const;

const FULL_EPOCHS = RECIPE.sizes.reduce((sum, { epochs }) => sum + epochs, 0);
const FINAL_SIZE = RECIPE.sizes.at(-1)!.imageSize;

/** Trains a slim ResNet-18 on the ten professions from nothing, and scores it. Made for two hours of two CPU cores. */
export async function trainFast(options: TrainFastOptions): Promise<tfl.LayersModel> {
  const { modelDirectory, seed = 0, epochs = FULL_EPOCHS, print = console.log } = options;
  const { train, scored } = await openPictures(options);
  const model = slimResnet18({
    // Height and width stay open: they change on the way.
    inputTensor: tfl.input({ shape: [null, null, 3] }),
    classes: train.classNames.length,
    zeroInitResidual: true,
    seed,
  });
  try {
    const totalSteps = epochs * train.batchesPerEpoch;
    await fit(model, {
      train,
      epochs,
      optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: RECIPE.weightDecay }),
      schedule: warmupCosine({
        peak: RECIPE.peakLearningRate,
        warmupSteps: Math.floor(RECIPE.warmupShare * totalSteps),
        totalSteps,
      }),
      labelSmoothing: RECIPE.labelSmoothing,
      seed,
      callbacks: [
        checkpoint({ directory: modelDirectory, keep: 'none', everySteps: 50 }),
        ...(options.callbacks ?? [progressBar()]),
      ],
      ...((await hasCheckpoint(modelDirectory)) && { resume: await loadCheckpoint(modelDirectory, model) }),
      ...(options.signal && { signal: options.signal }),
    });
    readAt(model, RECIPE.testSize);
    const path = join(modelDirectory, 'slim-resnet18-idenprof.safetensors');
    await saveModelFile(model, path, { dtype: 'float16' });
    const plain = await evaluate(model, scored);
    const evaluation = await evaluate(model, scored, { horizontalFlip: true });
    print(formatConfusionMatrix(evaluation));
    print(
      `${percent(plain)} of ${plain.exampleCount} pictures, ${percent(evaluation)} with mirror images; ${path}`,
    );
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Makes the model's users read pictures in this size. */
function readAt(model: tfl.LayersModel, size: number): void {
  const metadata = modelMetadata(model)!;
  setModelMetadata(model, {
    ...metadata,
    preprocessing: { ...metadata.preprocessing!, imageSize: [size, size] },
  });
}

function percent({ accuracy }: Evaluation): string {
  return `${(100 * accuracy).toFixed(2)} %`;
}

/** What is trained on, and what is scored: the test part, or a share of the training pictures. */
async function openPictures(options: TrainFastOptions): Promise<{ train: BatchSource; scored: BatchSource }> {
  const { dataDirectory, seed = 0, holdOut = 0, epochs = FULL_EPOCHS } = options;
  const folders = await readIdenProf(dataDirectory);
  const parts =
    holdOut === 0
      ? { train: folders.train, validation: folders.test }
      : splitExamples(folders.train, { fraction: holdOut, seed: 0 });
  const shared = { batchSize: RECIPE.batchSize, normalization: 'torch' } as const;
  return {
    train: await augmentedBatches(parts.train, { ...shared, imageSize: FINAL_SIZE, epochs, seed }),
    scored: await imageBatches(parts.validation, { ...shared, imageSize: RECIPE.testSize, shuffle: false }),
  };
}

function augmentedBatches(
  folder: ImageFolder,
  {
    epochs,
    ...shared
  }: { imageSize: number; batchSize: number; normalization: 'torch'; epochs: number; seed: number },
): Promise<BatchSource> {
  return imageBatches(folder, {
    ...shared,
    imageSizeByEpoch: RECIPE.sizes
      .map((size) => ({ ...size, epochs: Math.round((size.epochs * epochs) / FULL_EPOCHS) }))
      .filter((size) => size.epochs > 0),
    augmentFrom: RECIPE.augmentFrom,
    augment: [
      randomResizedCrop({ scale: [0.35, 1] }),
      randomHorizontalFlip(),
      colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 }),
      randomErasing({ probability: 0.25 }),
    ],
    augmentBatch: [mixUp({ probability: 0.1, alpha: 0.4 }), cutMix({ probability: 0.1 })],
    cache: 'memory',
  });
}
