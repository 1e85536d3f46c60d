import {
  augMix,
  colorJitter,
  cutMix,
  jpegNoise,
  mixUp,
  mixUpOrCutMix,
  padAndCrop,
  randAugment,
  randomAffine,
  randomApply,
  randomAutoContrast,
  randomChoice,
  randomElastic,
  randomEqualize,
  randomErasing,
  randomGaussianBlur,
  randomGrayscale,
  randomHorizontalFlip,
  randomPerspective,
  randomPosterize,
  randomResizedCrop,
  randomSharpness,
  randomSolarize,
  randomVerticalFlip,
  trivialAugmentWide,
  type Augmentation,
  type BatchAugmentation,
} from '@zoo/data';
import type { SheetRow } from '@zoo/data/node';

import { augmentations } from './augmentations';

/** What `zoo augment` draws: the strengths of `zoo train --augment`, then every augmentation, so set that it always happens. */
export function sheetRows(): SheetRow[] {
  const always = { probability: 1 };
  const strengths = (['flip', 'standard', 'strong'] as const).map((augment) => ({
    name: augment,
    augment: augmentations({ augment, resize: 'antialias' }),
  }));
  const single: readonly Augmentation[] = [
    randomHorizontalFlip(always),
    randomVerticalFlip(always),
    randomResizedCrop(),
    padAndCrop({ padding: 16 }),
    randomAffine({ rotation: 30, shear: 10, zoom: 0.2, shift: 0.1 }),
    randomPerspective(always),
    randomElastic(),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
    randomGrayscale(always),
    randomPosterize({ bits: 2, ...always }),
    randomSolarize(always),
    randomAutoContrast(always),
    randomEqualize(always),
    randomSharpness({ factor: 4, ...always }),
    randomGaussianBlur(always),
    jpegNoise({ quality: [5, 30], ...always }),
    randAugment(),
    trivialAugmentWide(),
    augMix(),
    randomChoice([randomSolarize(always), randomGrayscale(always), randomGaussianBlur(always)]),
    randomApply([randomVerticalFlip(always), randomGrayscale(always)]),
  ];
  const erasing = (['noise', 'const', 'rand', 'pixel'] as const).map((fill) => ({
    name: `randomErasing-${fill}`,
    augment: [randomErasing({ fill, ...always })],
  }));
  const batches: readonly BatchAugmentation[] = [mixUp({ alpha: 1 }), cutMix(), mixUpOrCutMix()];
  return [
    ...strengths,
    ...single.map((augmentation) => ({ name: augmentation.name, augment: [augmentation] })),
    ...erasing,
    ...batches.map((augmentation) => ({ name: augmentation.name, augmentBatch: [augmentation] })),
  ];
}
