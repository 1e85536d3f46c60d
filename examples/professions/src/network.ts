import type * as tf from '@tensorflow/tfjs';
import { setModelMetadata } from '@zoo/core';
import { CIFAR_DEPTHS, createResnet } from '@zoo/resnet';

import { IMAGE_SIZE, NORMALIZATION } from './pictures';
import type { RunSettings } from './run-settings';

/** A new network for pictures of {@link IMAGE_SIZE} pixels; it knows its classes and how to prepare a picture. */
export function network({ model: name, seed }: RunSettings, classNames: readonly string[]): tf.LayersModel {
  const model = createResnet(name, {
    inputShape: [IMAGE_SIZE, IMAGE_SIZE, 3],
    classes: classNames.length,
    variant: 'torchvision',
    // The CIFAR nets' own stem keeps the full size, which takes four times as long.
    ...(CIFAR_DEPTHS.some((depth) => name === `resnet${depth}`) && { stem: 'half' }),
    seed,
  });
  setModelMetadata(model, {
    architecture: name,
    classNames,
    imageSize: [IMAGE_SIZE, IMAGE_SIZE],
    normalization: NORMALIZATION,
  });
  return model;
}
