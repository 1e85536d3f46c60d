import type * as tf from '@tensorflow/tfjs';
import { createResnet, type PretrainedEntry, replaceHead, type ResNetOptions } from '@zoo/resnet';

import { noteLine, type CommandIo } from '../command-io';
import { downloadNote, publishedEntry } from '../models/published-model';

import { freezeUntil } from './freeze-until';
import { takeWeights } from './take-weights';
import type { TrainSettings } from './train-settings';

/** The network that the settings name, with its first weights and its frozen layers. */
export async function buildModel(
  settings: TrainSettings,
  classCount: number,
  io: CommandIo,
): Promise<tf.LayersModel> {
  const { weights, freeze } = settings;
  const published = weights === null ? undefined : publishedEntry(weights);
  const model =
    published === undefined
      ? createResnet(settings.model, { ...networkOptions(settings), classes: classCount })
      : await publishedNetwork(published, settings, classCount, io);
  try {
    if (weights !== null && published === undefined) await takeWeights(model, weights, io);
    if (freeze !== null) freezeUntil(model, freeze);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function networkOptions({ imageSize, seed, variant, stem }: TrainSettings): ResNetOptions {
  return {
    inputShape: [...imageSize, 3],
    seed,
    ...(variant !== null && { variant }),
    ...(stem !== null && { stem }),
  };
}

/** Published features with a classifier for other classes. */
async function publishedNetwork(
  entry: PretrainedEntry,
  settings: TrainSettings,
  classes: number,
  io: CommandIo,
): Promise<tf.LayersModel> {
  const options = { ...networkOptions(settings), ...downloadNote(entry, io), includeTop: false };
  const features = await createResnet(settings.model, { ...options, weights: entry });
  noteLine(io, `weights: ${entry.name}; the classifier begins from scratch`);
  return replaceHead(features, { classes, seed: settings.seed });
}
