import { join } from 'node:path';

import { resnet50 } from '@zoo/resnet';
import { adam, fit, idenProfLearningRate, type Callback, type History } from '@zoo/train';
import { progressBar } from '@zoo/train/node';
import { saveKerasH5 } from '@zoo/weights/node';

import { dataGenerator } from './data-generator';

/** Options of {@link trainNetwork}; the defaults are the program's own. */
export interface TrainNetworkOptions {
  /** The folder that holds `train` and `test`. */
  dataDirectory: string;
  /** Where weights are written. */
  modelDirectory: string;
  imageSize?: number;
  batchSize?: number;
  epochs?: number;
  /** Batches of an epoch, for a short try. */
  stepsPerEpoch?: number;
  /** More callbacks than the checkpoint. Default: a progress bar. */
  callbacks?: readonly Callback[];
  signal?: AbortSignal;
}

/** Trains ResNet-50 on the ten professions from scratch and keeps the weights of every best epoch. */
export async function trainNetwork(options: TrainNetworkOptions): Promise<History> {
  const { dataDirectory, modelDirectory, imageSize = 224, batchSize = 32, epochs = 200 } = options;
  const shared = {
    imageSize,
    batchSize,
    ...(options.stepsPerEpoch && { stepsPerEpoch: options.stepsPerEpoch }),
  };
  const train = await dataGenerator(join(dataDirectory, 'train'), { ...shared, training: true });
  const validation = await dataGenerator(join(dataDirectory, 'test'), { ...shared, training: false });
  const model = resnet50({
    variant: 'idenprof',
    inputShape: [imageSize, imageSize, 3],
    classes: train.classNames.length,
    seed: 0,
  });
  try {
    return await fit(model, {
      train,
      validation,
      epochs,
      optimizer: adam({ epsilon: 1e-7 }),
      schedule: (step) => idenProfLearningRate(Math.floor(step / train.batchesPerEpoch)) / (1 + DECAY * step),
      callbacks: [modelCheckpoint(modelDirectory), ...(options.callbacks ?? [progressBar()])],
      ...(options.signal && { signal: options.signal }),
    });
  } finally {
    model.dispose();
  }
}

/** `Adam(lr=0.01, decay=1e-4)`: the schedule overwrites the rate each epoch, the decay still acts at every step. */
const DECAY = 1e-4;

/**
 * `ModelCheckpoint('idenprof_weight_model.{epoch:03d}-{val_acc}.h5', monitor='val_acc', save_best_only=True,
 * save_weights_only=True)`. A callback is a plain object.
 */
export function modelCheckpoint(directory: string): Callback {
  let best = Number.NEGATIVE_INFINITY;
  return {
    name: 'modelCheckpoint',
    onEpochEnd: async ({ model }, { epoch, metrics }) => {
      const accuracy = metrics['valAccuracy']!;
      if (accuracy <= best) return;
      best = accuracy;
      const number = String(epoch + 1).padStart(3, '0');
      await saveKerasH5(model, join(directory, `idenprof_weight_model.${number}-${accuracy}.h5`), {
        weightsOnly: true,
      });
    },
  };
}
