import type { ResizeMethod } from '@zoo/core/options';

import type { ProgramDraft } from '../image/picture-program';
import { areaTaps, cubicTaps, triangleTaps, type ResampleTaps } from '../image/resample-taps';
import type { ImageRegion, ResizeStep } from '../image/resize-image';

import type { ImageStep } from './image-step';

/** A picture in a program's memory. */
export interface DraftedImage {
  /** Where its first row begins, and how many bytes lie from each to the next; fewer than none for one that stands on its head. */
  readonly address: number;
  readonly stride: number;
  readonly height: number;
  readonly width: number;
  /** True if left and right are yet to be exchanged. */
  readonly isMirrored: boolean;
}

const TAPS: Readonly<
  Partial<Record<ResizeMethod, (inputLength: number, outputLength: number) => ResampleTaps>>
> = { antialias: triangleTaps, bicubic: cubicTaps, area: areaTaps };

/** Whether kernels do all of `steps`: what they do not is resizing to `nearest` or `bilinear`. */
export function canDraft(steps: readonly ImageStep[]): boolean {
  return steps.every((step) => step.kind !== 'resize' || isCrop(step) || step.method in TAPS);
}

const isCrop = ({ region, height, width }: ResizeStep): boolean =>
  region.height === height && region.width === width;

/** Writes `steps`, which kernels can do, into a program; values are those of `applySteps`. */
export function draftSteps(
  draft: ProgramDraft,
  image: DraftedImage,
  steps: readonly ImageStep[],
): DraftedImage {
  return steps.reduce((current, step) => {
    if (step.kind === 'resize') return draftResize(draft, current, step);
    if (step.kind === 'flip') return flipped(current, step.axis);
    const packed = draftPacked(draft, current);
    const [kernel, needsTable] = ADJUSTMENTS[step.kind];
    draft.call(kernel, [
      ...[packed.address, packed.height * packed.width, step.amount],
      ...(needsTable ? [draft.room(256)] : []),
    ]);
    return packed;
  }, image);
}

const ADJUSTMENTS = {
  brightness: ['adjustBrightness', true],
  contrast: ['adjustContrast', true],
  saturation: ['adjustSaturation', false],
  hue: ['adjustHue', false],
} as const;

function flipped(image: DraftedImage, axis: 'horizontal' | 'vertical'): DraftedImage {
  if (axis === 'horizontal') return { ...image, isMirrored: !image.isMirrored };
  const { address, stride, height } = image;
  return { ...image, address: address + (height - 1) * stride, stride: -stride };
}

/** The picture with its rows one behind the other. */
export function draftPacked(draft: ProgramDraft, image: DraftedImage): DraftedImage {
  const { address, stride, height, width } = image;
  if (stride === width * 3) return image;
  const target = draft.room(height * width * 3);
  draft.call('packRows', [address, stride, target, height, width * 3]);
  return { ...image, address: target, stride: width * 3 };
}

/** The picture with left and right in their places. */
export function draftMirrored(draft: ProgramDraft, image: DraftedImage): DraftedImage {
  if (!image.isMirrored) return image;
  const { address, stride, height, width } = image;
  const target = draft.room(height * width * 3);
  draft.call('mirrorRows', [address, stride, target, height, width]);
  return { ...image, address: target, stride: width * 3, isMirrored: false };
}

function draftResize(draft: ProgramDraft, image: DraftedImage, step: ResizeStep): DraftedImage {
  const { region, height, width, method } = step;
  // Rounding may differ between a picture and its mirror image.
  const cut = cutOut(draftMirrored(draft, image), region);
  const makeTaps = TAPS[method];
  if (isCrop(step) || makeTaps === undefined) return cut;
  const narrow = region.width === width ? draftPacked(draft, cut) : draftRows(draft, cut, width, makeTaps);
  if (region.height === height) return narrow;
  const target = draft.room(height * width * 3);
  const taps = placeTaps(draft, makeTaps(region.height, height));
  draft.call('resampleColumns', [narrow.address, target, width * 3, height, ...taps]);
  return { ...narrow, address: target, height };
}

function cutOut(image: DraftedImage, { top, left, height, width }: ImageRegion): DraftedImage {
  return { ...image, address: image.address + top * image.stride + left * 3, height, width };
}

function draftRows(
  draft: ProgramDraft,
  image: DraftedImage,
  width: number,
  makeTaps: (inputLength: number, outputLength: number) => ResampleTaps,
): DraftedImage {
  const { address, stride, height } = image;
  const target = draft.room(height * width * 3);
  const taps = placeTaps(draft, makeTaps(image.width, width));
  draft.call('resampleRows', [address, stride, target, height, width, ...taps]);
  return { ...image, address: target, stride: width * 3, width };
}

function placeTaps(draft: ProgramDraft, { first, counts, weights, size }: ResampleTaps): number[] {
  return [draft.place(first), draft.place(counts), draft.place(weights), size];
}
