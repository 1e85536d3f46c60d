import { memoize } from '@zoo/core';
import type { ResizeMethod } from '@zoo/core/options';

import type { ProgramDraft } from '../image/picture-program';
import { hasTaps, tapsOf, type ResampleTaps, type TapsMethod } from '../image/resample-taps';
import type { ImageRegion, ResizeStep } from '../image/resize-image';
import { rowTaps, type RowTaps } from '../image/row-taps';

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

/** Taps of one length to another, for rows and for columns. */
interface AxisTaps {
  readonly rows: RowTaps;
  readonly columns: ResampleTaps;
}

/** Lengths whose taps are kept: pictures of one size are resized by the same again and again. */
const KEPT_TAPS = 64;

const keptTaps = memoize(() => new Map<string, AxisTaps>());

function axisTapsOf(method: ResizeMethod, inputLength: number, outputLength: number): AxisTaps {
  const kept = keptTaps();
  const key = `${method} ${inputLength} ${outputLength}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  // Steps of other methods are no steps for kernels: canDraft.
  const columns = tapsOf(method as TapsMethod, inputLength, outputLength);
  const taps = { columns, rows: rowTaps(columns) };
  if (kept.size >= KEPT_TAPS) kept.delete(kept.keys().next().value!);
  kept.set(key, taps);
  return taps;
}

/** Whether kernels do all of `steps`: what they do not is resizing to `nearest` or `bilinear`. */
export function canDraft(steps: readonly ImageStep[]): boolean {
  return steps.every((step) => step.kind !== 'resize' || isCrop(step) || hasTaps(step.method));
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
  if (isCrop(step)) return cut;
  const narrow = region.width === width ? draftPacked(draft, cut) : draftRows(draft, cut, width, method);
  if (region.height === height) return narrow;
  const target = draft.room(height * width * 3);
  const taps = placeTaps(draft, axisTapsOf(method, region.height, height).columns);
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
  method: ResizeMethod,
): DraftedImage {
  const { address, stride, height } = image;
  const target = draft.room(height * width * 3);
  const taps = placeTaps(draft, axisTapsOf(method, image.width, width).rows);
  draft.call('resampleRows', [address, stride, target, height, width, ...taps]);
  return { ...image, address: target, stride: width * 3, width };
}

function placeTaps(draft: ProgramDraft, { first, counts, weights, size }: ResampleTaps | RowTaps): number[] {
  return [draft.place(first), draft.place(counts), draft.place(weights), size];
}
