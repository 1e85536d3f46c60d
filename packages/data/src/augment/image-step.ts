import type { DecodedImage } from '../image/decoded-image';
import { flipHorizontally, flipVertically } from '../image/flip-image';
import { takeStep, type ResizeStep } from '../image/resize-image';

import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from './color-operations';

/** A change of a picture as data: what is cut out and in which size, how it is mirrored, what becomes of its colours. */
export type ImageStep =
  | ResizeStep
  | { readonly kind: 'flip'; readonly axis: 'horizontal' | 'vertical' }
  | { readonly kind: 'brightness' | 'contrast' | 'saturation' | 'hue'; readonly amount: number };

const ADJUSTMENTS = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
} as const;

/** `image` after `steps`: a new picture, or itself with its pixels overwritten. */
export function applySteps(image: DecodedImage, steps: readonly ImageStep[]): DecodedImage {
  return steps.reduce((changed, step) => {
    if (step.kind === 'resize') return takeStep(changed, step);
    if (step.kind !== 'flip') return ADJUSTMENTS[step.kind](changed, step.amount);
    return step.axis === 'horizontal' ? flipHorizontally(changed) : flipVertically(changed);
  }, image);
}
