import { affineMatrix, type AffineParts } from '../image/affine-matrix';
import type { DecodedImage } from '../image/decoded-image';
import { transformImage, type TransformImageOptions } from '../image/transform-image';

import { adjustBrightness, adjustContrast, adjustSaturation } from './color-operations';
import { adjustSharpness, autoContrast, equalize, posterize, solarize } from './tone-operations';

/** Changes that go either way. */
const SIGNED = [
  'shearX',
  'shearY',
  'translateX',
  'translateY',
  'rotate',
  'brightness',
  'color',
  'contrast',
  'sharpness',
] as const;

/** Names of the changes that randAugment and trivialAugmentWide choose from. */
export const AUTO_OPERATIONS = [
  'identity',
  ...SIGNED,
  'posterize',
  'solarize',
  'autoContrast',
  'equalize',
] as const;

/** A name in {@link AUTO_OPERATIONS}. */
export type AutoOperation = (typeof AUTO_OPERATIONS)[number];

/** The strongest value of each change: what a policy is made of. */
export interface AutoStrengths {
  /** Tangent of the angle. */
  readonly shear: number;
  /** Pixels, given a side's length. */
  readonly translate: (length: number) => number;
  /** Degrees. */
  readonly rotate: number;
  /** Distance of the factor from 1, for brightness, colour, contrast and sharpness. */
  readonly enhance: number;
  /** Bits that are kept at a level from 0 to 1. */
  readonly posterize: (level: number) => number;
}

/** True for changes whose strength may be negative. */
export const isSigned = (operation: AutoOperation): boolean =>
  (SIGNED as readonly AutoOperation[]).includes(operation);

/**
 * `image` changed by `operation`.
 *
 * @param level Strength from -1 to 1 as a share of the strongest; negative for signed operations only.
 */
export function applyAutoOperation(
  image: DecodedImage,
  operation: AutoOperation,
  level: number,
  strengths: AutoStrengths,
  fill: TransformImageOptions,
): DecodedImage {
  const { height, width } = image;
  const corner = [-0.5, -0.5] as const;
  const middle = [(width - 1) / 2, (height - 1) / 2] as const;
  const move = (parts: AffineParts, center: readonly [number, number]) =>
    transformImage(image, affineMatrix(parts, center), fill);
  const shearAngle = (Math.atan(level * strengths.shear) * 180) / Math.PI;
  const factor = 1 + level * strengths.enhance;
  switch (operation) {
    case 'identity':
      return image;
    case 'shearX':
      return move({ shear: [shearAngle, 0] }, corner);
    case 'shearY':
      return move({ shear: [0, shearAngle] }, corner);
    case 'translateX':
      return move({ shift: [Math.trunc(level * strengths.translate(width)), 0] }, middle);
    case 'translateY':
      return move({ shift: [0, Math.trunc(level * strengths.translate(height))] }, middle);
    case 'rotate':
      return move({ rotation: -level * strengths.rotate }, middle);
    case 'brightness':
      return adjustBrightness(image, factor);
    case 'color':
      return adjustSaturation(image, factor);
    case 'contrast':
      return adjustContrast(image, factor);
    case 'sharpness':
      return adjustSharpness(image, factor);
    case 'posterize':
      return posterize(image, strengths.posterize(level));
    case 'solarize':
      return solarize(image, 255 * (1 - level));
    case 'autoContrast':
      return autoContrast(image);
    case 'equalize':
      return equalize(image);
  }
}
