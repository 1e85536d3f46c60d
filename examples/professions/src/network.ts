import type * as tf from '@tensorflow/tfjs';
import { setModelMetadata } from '@zoo/core';
import { createResnet } from '@zoo/resnet';

import { IMAGE_SIZE, NORMALIZATION } from './pictures';
import type { RunSettings } from './run-settings';

/** A new network for pictures of {@link IMAGE_SIZE} pixels; it knows its classes and how to prepare a picture. */
export function network({ model: name, seed }: RunSettings, classNames: readonly string[]): tf.LayersModel {
  const model = createResnet(name, {
    inputShape: [IMAGE_SIZE, IMAGE_SIZE, 3],
    classes: classNames.length,
    variant: 'torchvision',
    stem: 'half',
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
