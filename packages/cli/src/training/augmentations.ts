import {
  colorJitter,
  randomErasing,
  randomHorizontalFlip,
  randomResizedCrop,
  type Augmentation,
} from '@zoo/data';

import type { TrainSettings } from './train-options';

/** The random changes that a strength of `--augment` stands for, each strength's more than the one before. */
export function augmentations({
  augment,
  resize,
}: Pick<TrainSettings, 'augment' | 'resize'>): Augmentation[] {
  switch (augment) {
    case 'none':
      return [];
    case 'flip':
      return [randomHorizontalFlip()];
    case 'standard':
      return [
        randomResizedCrop({ scale: [0.35, 1], resize }),
        randomHorizontalFlip(),
        colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 }),
      ];
    case 'strong':
      return [
        randomResizedCrop({ scale: [0.15, 1], resize }),
        randomHorizontalFlip(),
        colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.05 }),
        randomErasing({ probability: 0.25 }),
      ];
  }
}
