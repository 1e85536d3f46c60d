import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import type { DecodedImage } from '../image/decoded-image';
import { displaceImage } from '../image/displace-image';
import type { TransformImageOptions } from '../image/transform-image';
import { PROBABILITY } from '../option-rows';

import type { Augmentation } from './augmentation';
import { blurPlane } from './random-gaussian-blur';
import { MOVING_OPTIONS } from './random-perspective';

/** Options of {@link randomElastic}, as data. */
export const RANDOM_ELASTIC_OPTIONS = {
  /** How far pixels move: half of it is the most, in pixels of a square picture, before neighbours are averaged. Default 50. */
  alpha: { type: 'number', minimum: 0, default: 50 },
  /** Standard deviation in pixels of the Gaussian that neighbours' moves are averaged by: larger is smoother. Default 5. */
  sigma: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 100, default: 5 },
  /** How often it happens, from 0 to 1. Default 1. */
  probability: { ...PROBABILITY, default: 1 },
  ...MOVING_OPTIONS,
} as const satisfies OptionTable;

/** Options of {@link randomElastic}. */
export interface RandomElasticOptions extends OptionsOf<typeof RANDOM_ELASTIC_OPTIONS> {}

/** Shifts pixels by smooth random displacements (Simard et al. 2003, section 2): torchvision's ElasticTransform. */
export function randomElastic(options: RandomElasticOptions = {}): Augmentation {
  const settings = readOptions(RANDOM_ELASTIC_OPTIONS, options);
  const { alpha, sigma, probability } = settings;
  return {
    name: 'randomElastic',
    settings,
    apply: (image, random) => {
      if (random.uniform() >= probability) return image;
      const noise = (): Float32Array =>
        Float32Array.from({ length: image.height * image.width }, () => random.uniformBetween(-1, 1));
      return moveElastically(image, [noise(), noise()], { alpha, sigma }, settings);
    },
  };
}

/**
 * `image` with pixels moved by smoothed noise.
 *
 * @param noise Moves along x and along y before they are smoothed and scaled, from -1 to 1. [height, width] each
 */
export function moveElastically(
  image: DecodedImage,
  noise: readonly [x: Float32Array, y: Float32Array],
  { alpha, sigma }: { alpha: number; sigma: number },
  options: TransformImageOptions,
): DecodedImage {
  const { height, width } = image;
  // torchvision's size of the kernel: made odd.
  const size = Math.trunc(8 * sigma + 1) | 1;
  const [right, down] = noise.map((plane) => blurPlane(plane, [height, width], size, sigma)) as [
    Float32Array,
    Float32Array,
  ];
  // torchvision measures moves in half sides, and divides those along x by the height, those along y by the width.
  const [scaleX, scaleY] = [(alpha / height) * (width / 2), (alpha / width) * (height / 2)];
  return displaceImage(
    image,
    (x, y, source) => {
      source.x = x + right[y * width + x]! * scaleX;
      source.y = y + down[y * width + x]! * scaleY;
    },
    options,
  );
}
