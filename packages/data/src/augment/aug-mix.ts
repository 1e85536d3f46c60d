import type { Random } from '@zoo/core';
import { readOptions, type OptionsOf, type OptionTable } from '@zoo/core/options';

import { copyImage, rgbImage, type DecodedImage } from '../image/decoded-image';
import { INTERPOLATIONS } from '../image/transform-image';
import { COLOR } from '../option-rows';

import type { Augmentation } from './augmentation';
import {
  applyAutoOperation,
  AUTO_OPERATIONS,
  isSigned,
  type AutoOperation,
  type AutoStrengths,
} from './auto-operations';
import { drawBeta, drawGamma } from './draw-beta';

/** Options of {@link augMix}, as data. */
export const AUG_MIX_OPTIONS = {
  /** The strongest of ten steps of strength that is drawn. Default 3. */
  severity: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
  /** Chains of changes that are mixed. Default 3. */
  width: { type: 'integer', minimum: 1, default: 3 },
  /** Changes in a chain. Default one to three, drawn for each chain. */
  depth: { type: 'integer', minimum: 1 },
  /** Parameter of the distributions that the shares of the chains, and of all of them beside the picture itself, are drawn from. Default 1. */
  alpha: { type: 'number', minimum: 0, exclusiveMinimum: true, default: 1 },
  /** Draws brightness, colour, contrast and sharpness too, which the benchmark of corrupted pictures tests. Default true. */
  allOperations: { type: 'boolean', default: true },
  /** What stands beyond the border. Default black. */
  color: { ...COLOR, default: [0, 0, 0] },
  /** Default `bilinear`. */
  interpolation: { type: 'choice', choices: INTERPOLATIONS, default: 'bilinear' },
} as const satisfies OptionTable;

/** Options of {@link augMix}. */
export interface AugMixOptions extends OptionsOf<typeof AUG_MIX_OPTIONS> {}

/** torchvision/transforms/autoaugment.py, AugMix._augmentation_space. */
const MIX_STRENGTHS: AutoStrengths = {
  shear: 0.3,
  translate: (length) => length / 3,
  rotate: 30,
  enhance: 0.9,
  posterize: (level) => 4 - Math.round(level * 4),
};

const CORRUPTIONS: readonly AutoOperation[] = ['brightness', 'color', 'contrast', 'sharpness'];
const STEPS = 10;

/** Mixes a picture with chains of changes of itself (Hendrycks et al. 2020), with torchvision's list and ranges. */
export function augMix(options: AugMixOptions = {}): Augmentation {
  const { severity, width, depth, alpha, allOperations, color, interpolation } = readOptions(
    AUG_MIX_OPTIONS,
    options,
  );
  const operations = AUTO_OPERATIONS.filter(
    (operation) => operation !== 'identity' && (allOperations || !CORRUPTIONS.includes(operation)),
  );
  const fill = { fill: 'constant', color, interpolation } as const;
  const changed = (image: DecodedImage, random: Random): DecodedImage => {
    const operation = operations[random.integer(0, operations.length - 1)]!;
    const level = random.integer(0, severity - 1) / (STEPS - 1);
    const sign = isSigned(operation) && random.uniform() < 0.5 ? -1 : 1;
    return applyAutoOperation(image, operation, sign * level, MIX_STRENGTHS, fill);
  };
  return {
    name: 'augMix',
    settings: { severity, width, depth: depth ?? null, alpha, allOperations, color, interpolation },
    apply: (image, random) => {
      const share = drawBeta(random, alpha);
      const shares = drawShares(random, width, alpha);
      const chains = shares.map(() => {
        let chain = copyImage(image);
        for (let left = depth ?? random.integer(1, 3); left > 0; left--) chain = changed(chain, random);
        return chain;
      });
      return mixImages([image, ...chains], [1 - share, ...shares.map((each) => each * share)]);
    },
  };
}

/** Shares that sum to 1, of the symmetric Dirichlet distribution. */
function drawShares(random: Random, count: number, alpha: number): number[] {
  const draws = Array.from({ length: count }, () => drawGamma(random, alpha));
  const sum = draws.reduce((total, draw) => total + draw, 0);
  // For a tiny alpha all draws can underflow to 0.
  return sum === 0 ? draws.map(() => 1 / count) : draws.map((draw) => draw / sum);
}

/** The sum of `images`, of one size, each times its share; cut off to bytes, as torchvision cuts it. */
export function mixImages(images: readonly DecodedImage[], shares: readonly number[]): DecodedImage {
  const { height, width } = images[0]!;
  const sums = new Float32Array(height * width * 3);
  images.forEach(({ pixels }, index) => {
    const share = shares[index]!;
    for (let i = 0; i < sums.length; i++) sums[i]! += share * pixels[i]!;
  });
  // A sum that rounding left just below a whole number is that number: shares that sum to 1 leave a flat picture as it is.
  return rgbImage(
    height,
    width,
    Uint8Array.from(sums, (sum) => Math.min(255, sum + 1e-3)),
  );
}
