import { readIdenProf } from '@zoo/data/node';
import { resnet50 } from '@zoo/resnet';
import { adam, fit, idenProfLearningRate, type Callback, type History } from '@zoo/train';
import { checkpoint, progressBar } from '@zoo/train/node';

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
  /** Batches an epoch, for a short try. */
  stepsPerEpoch?: number;
  /** Callbacks beside the checkpoint. Default: a progress bar. */
  callbacks?: readonly Callback[];
}

/** `Adam(lr=0.01, decay=1e-4)`: the schedule overwrites the rate each epoch, the decay still acts at every step. */
const DECAY = 1e-4;

/** Trains ResNet-50 on the ten professions from scratch and keeps the weights of every best epoch as a Keras file. */
export async function trainNetwork(options: TrainNetworkOptions): Promise<History> {
  const { dataDirectory, modelDirectory, imageSize = 224, batchSize = 32, epochs = 200 } = options;
  const { stepsPerEpoch, callbacks = [progressBar()] } = options;
  const folders = await readIdenProf(dataDirectory);
  const shared = { imageSize, batchSize, ...(stepsPerEpoch !== undefined && { stepsPerEpoch }) };
  const train = await dataGenerator(folders.train, { ...shared, training: true });
  const validation = await dataGenerator(folders.test, { ...shared, training: false });
  const model = resnet50({
    variant: 'idenprof',
    inputShape: [imageSize, imageSize, 3],
    classes: 10,
    seed: 0,
  });
  try {
    return await fit(model, {
      train,
      validation,
      epochs,
      optimizer: adam({ epsilon: 1e-7 }),
      schedule: (step) => idenProfLearningRate(Math.floor(step / train.batchesPerEpoch)) / (1 + DECAY * step),
      callbacks: [
        checkpoint({
          directory: modelDirectory,
          pattern: 'idenprof_weight_model.{epoch:03d}-{val_acc}.h5',
          monitor: 'val_acc',
          keep: 'everyBest',
        }),
        ...callbacks,
      ],
    });
  } finally {
    model.dispose();
  }
}
