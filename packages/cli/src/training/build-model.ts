import type * as tf from '@tensorflow/tfjs';
import { pixelNormalization, setModelMetadata } from '@zoo/core';
import { createResnet } from '@zoo/resnet';

import type { CommandIo } from '../command-io';

import { freezeUntil } from './freeze-until';
import { takeWeights } from './take-weights';
import type { TrainSettings } from './train-settings';

/** The network that the settings name, with its first weights, its frozen layers and the metadata that a save keeps. */
export async function buildModel(
  settings: TrainSettings,
  classNames: readonly string[],
  io: CommandIo,
): Promise<tf.LayersModel> {
  const {
    model: name,
    variant,
    stem,
    imageSize,
    normalization,
    resize,
    aspect,
    seed,
    weights,
    freeze,
  } = settings;
  const model = createResnet(name, {
    inputShape: [...imageSize, 3],
    classes: classNames.length,
    seed,
    ...(variant !== null && { variant }),
    ...(stem !== null && { stem }),
  });
  try {
    if (weights !== null) await takeWeights(model, weights, io);
    if (freeze !== null) freezeUntil(model, freeze);
    setModelMetadata(model, {
      classNames,
      imageSize,
      normalization: pixelNormalization(normalization),
      resize,
      aspect,
      architecture: name,
    });
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
