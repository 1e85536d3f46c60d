import { join } from 'node:path';

import * as tfl from '@tensorflow/tfjs-layers';
import { openModel } from '@zoo/classify';
import type { BatchSource } from '@zoo/core';
import { evalTransform, splitExamples, trainTransform } from '@zoo/data';
import { findImageSplits, imageBatches, readImageFolder, type ImageFolder } from '@zoo/data/node';
import { idenprofWeights } from '@zoo/idenprof';
import { freeze, pooledFeatures, replaceHead } from '@zoo/resnet';
import {
  adam,
  evaluate,
  featureBatches,
  fit,
  layerDecay,
  sgd,
  warmupCosine,
  type Callback,
} from '@zoo/train';
import { progressBar } from '@zoo/train/node';
import { saveModelFile } from '@zoo/weights/node';

import { nearestAccuracy } from './nearest-accuracy';

/** Options of {@link transfer}. */
export interface TransferOptions {
  /** Pictures: one folder per class, or `train` and `test` (or `val`) with these; without a test part a fifth is kept for it. */
  readonly directory: string;
  /** As `openModel` takes it. Default the weights of `@zoo/idenprof`. */
  readonly network?: string;
  /** Passes of the whole network over the training pictures. */
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Where the network is saved. */
  readonly output: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
  /** Of the whole network's training. Default: a progress bar. */
  readonly callbacks?: readonly Callback[];
}

/** A pair of sources, or of folders. */
interface Parts<Part> {
  readonly train: Part;
  readonly test: Part;
}

/** What a step reached: the share of the test pictures that is named right. */
export interface Reached {
  readonly step: string;
  readonly accuracy: number;
  readonly seconds: number;
}

/**
 * Teaches a trained network the classes of a folder, step by step, and saves it.
 *
 * 1. The nearest training pictures vote: nothing is trained.
 * 2. A new classifier learns from features that were computed once.
 * 3. The last stage is thawed, then everything, with rates that fall towards the input. Batch norms stand still.
 */
export async function transfer(options: TransferOptions): Promise<Reached[]> {
  const { seed, print } = options;
  const source = await openModel(options.network ?? idenprofWeights());
  const folders = await readParts(options.directory, seed);
  const model = replaceHead(source, { classes: folders.train.classNames.length, seed });
  try {
    const reached: Reached[] = [];
    let since = performance.now();
    const report = (step: string, accuracy: number): void => {
      const seconds = (performance.now() - since) / 1000;
      reached.push({ step, accuracy, seconds });
      print(
        `${step.padEnd(17)}${(100 * accuracy).toFixed(1).padStart(6)} %${seconds.toFixed(1).padStart(8)} s`,
      );
      since = performance.now();
    };
    const features = await keptFeatures(source, folders, options);
    report('nearest pictures', await nearestAccuracy(features.train, features.test));
    report('new classifier', await trainClassifier(model, features, options));
    report('whole network', await trainWhole(model, folders, options));
    const path = join(options.output, 'model.safetensors');
    await saveModelFile(model, path);
    print(`The network: ${path}`);
    return reached;
  } finally {
    model.dispose();
    // All other layers are the new network's, too.
    for (const layer of source.layers) if (!model.layers.includes(layer)) layer.dispose();
  }
}

async function readParts(directory: string, seed: number): Promise<Parts<ImageFolder>> {
  const splits = await findImageSplits(directory);
  const held = splits?.test ?? splits?.validation;
  if (splits === undefined || held === undefined) {
    const whole = await readImageFolder(splits?.train ?? directory);
    const { train, validation } = splitExamples(whole, { fraction: 0.2, seed });
    return { train, test: validation };
  }
  const train = await readImageFolder(splits.train);
  return { train, test: await readImageFolder(held, { classNames: train.classNames }) };
}

async function keptFeatures(
  source: tfl.LayersModel,
  { train, test }: Parts<ImageFolder>,
  { batchSize, seed, signal }: TransferOptions,
): Promise<Parts<BatchSource>> {
  const network = pooledFeatures(source);
  const of = async (folder: ImageFolder) =>
    featureBatches(network, await imageBatches(folder, { ...evalTransform(source), batchSize }), {
      seed,
      signal,
    });
  return { train: await of(train), test: await of(test) };
}

/** Trains a classifier of features and puts it on `model`. */
async function trainClassifier(
  model: tfl.LayersModel,
  { train, test }: Parts<BatchSource>,
  { seed, signal }: TransferOptions,
): Promise<number> {
  const classifier = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [...train.imageShape] }),
      tfl.layers.dense({ units: train.classNames.length, activation: 'softmax', kernelInitializer: 'zeros' }),
    ],
  });
  try {
    await fit(classifier, { train, epochs: 50, optimizer: adam({ learningRate: 1e-3 }), seed, signal });
    model.layers.at(-1)!.setWeights(classifier.layers.at(-1)!.getWeights());
    return (await evaluate(classifier, test, { signal })).accuracy;
  } finally {
    classifier.dispose();
  }
}

async function trainWhole(
  model: tfl.LayersModel,
  folders: Parts<ImageFolder>,
  { epochs, batchSize, seed, signal, callbacks = [progressBar()] }: TransferOptions,
): Promise<number> {
  const crops = trainTransform(model, { scale: [0.4, 1] });
  const train = await imageBatches(folders.train, { ...crops, batchSize, seed });
  const test = await imageBatches(folders.test, { ...evalTransform(model), batchSize });
  const totalSteps = epochs * train.batchesPerEpoch;
  await fit(model, {
    train,
    epochs,
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
    schedule: warmupCosine({ peak: 0.01, warmupSteps: Math.floor(totalSteps / 10), totalSteps }),
    learningRateFactors: layerDecay(model, { factor: 0.75 }),
    freezing: [
      { fromEpoch: 0, frozen: (network) => freezeWithNorms(network, 'stage3') },
      { fromEpoch: Math.ceil(epochs / 3), frozen: (network) => freezeWithNorms(network, null) },
    ],
    labelSmoothing: 0.1,
    seed,
    callbacks,
    signal,
  });
  return (await evaluate(model, test, { signal })).accuracy;
}

/**
 * Freezes the network up to a stage, and every batch norm: their averages come from many more pictures than a folder holds, and a few
 * hundred steps would not move them far enough from the statistics that training normalises by.
 */
function freezeWithNorms(model: tfl.LayersModel, stage: string | null): void {
  freeze(model, stage);
  for (const layer of model.layers)
    if (layer.getClassName() === 'BatchNormalization') layer.trainable = false;
}
