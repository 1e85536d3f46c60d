import type * as tfl from '@tensorflow/tfjs-layers';
import { CIFAR_DEPTHS, createResnet } from '@zoo/resnet';

import { IMAGE_SIZE } from './pictures';
import type { RunSettings } from './run-settings';

/** A new network for pictures of {@link IMAGE_SIZE} pixels. */
export function network({ model: name, seed }: RunSettings, classes: number): tfl.LayersModel {
  return createResnet(name, {
    inputShape: [IMAGE_SIZE, IMAGE_SIZE, 3],
    classes,
    variant: 'torchvision',
    // The CIFAR networks' own stem keeps the full size, which takes four times as long.
    ...(CIFAR_DEPTHS.some((depth) => name === `resnet${depth}`) && { stem: 'half' }),
    seed,
  });
}
