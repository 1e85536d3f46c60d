import type * as tf from '@tensorflow/tfjs';
import { pixelNormalization, setModelMetadata } from '@zoo/core';
import { CIFAR_DEPTHS, createResnet, PRE_ACTIVATION_CIFAR_DEPTHS, type StemName } from '@zoo/resnet';

import type { CommandIo } from '../command-io';
import type { ImageSizeOption } from '../option-values';

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
  const chosenStem = stem ?? (weights === null ? defaultStem(name, imageSize) : null);
  const model = createResnet(name, {
    inputShape: [...imageSize, 3],
    classes: classNames.length,
    seed,
    ...(variant !== null && { variant }),
    ...(chosenStem !== null && { stem: chosenStem }),
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

/** Pictures up to this size lose too much in a stem that leaves a quarter of it. */
const HALF_STEM_PIXELS = 128;

/** The stem that suits small pictures, where the network would begin for ImageNet's; null for its own. */
function defaultStem(name: string, imageSize: ImageSizeOption): StemName | null {
  const isForSmallPictures = [...CIFAR_DEPTHS, ...PRE_ACTIVATION_CIFAR_DEPTHS].some((depth) =>
    name.endsWith(`resnet${depth}`),
  );
  return isForSmallPictures || Math.max(...imageSize) > HALF_STEM_PIXELS ? null : 'half';
}
