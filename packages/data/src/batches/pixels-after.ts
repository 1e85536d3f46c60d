import type { TargetSize } from '../augment/augmentation';
import { canDraft } from '../augment/draft-steps';
import { applySteps, type ImageStep } from '../augment/image-step';
import { copyImage, rgbImage, type DecodedImage } from '../image/decoded-image';
import { fitSteps, fitToSize } from '../image/fit-image';
import { preparePictureKernels, runProgram, runProgramIn } from '../image/picture-kernels';
import type { PictureProgram } from '../image/picture-program';
import type { ImageExample, OpenableImageSet, OpenedImage, ReadableImageSet } from '../sets/image-set';

import { memoryOf } from './batch-memory';
import { pixelsProgram, sizeOf } from './picture-pass';

/** Runs a program and copies its result to `target`; false if a kernel did not answer as expected. */
export type RunPictureProgram = (program: PictureProgram, target: Uint8Array) => Promise<boolean>;

/** Runs programs on this thread. */
export const runHere: RunPictureProgram = async (program, target) => {
  await preparePictureKernels();
  const { values } = program;
  const memory = values && memoryOf(target.buffer);
  if (values !== undefined && memory !== undefined)
    return runProgramIn({ ...program, values }, target, memory);
  const result = runProgram(program);
  if (result !== undefined) target.set(result);
  return result !== undefined;
};

/** Pictures with more pixels, before or after a step, are no work for the kernels, whose memory never shrinks. */
const PIXEL_LIMIT = 8_000_000;

/** Whether kernels do all of `steps` to a picture of this size. */
export function isForKernels(image: OpenedImage, steps: readonly ImageStep[]): boolean {
  const sizes = [sizeOf(image), ...steps.filter((step) => step.kind === 'resize')];
  return canDraft(steps) && sizes.every(({ height, width }) => height * width <= PIXEL_LIMIT);
}

/** The size of a picture of `size` after `steps`. */
export function sizeAfter(size: TargetSize, steps: readonly ImageStep[]): TargetSize {
  return steps.filter((step) => step.kind === 'resize').at(-1) ?? size;
}

/** The picture after `steps`, a new one; undefined if it is a JPEG that the kernels do not decode. */
export async function pixelsAfter(
  image: OpenedImage,
  steps: readonly ImageStep[],
  run: RunPictureProgram,
): Promise<DecodedImage | undefined> {
  if (isForKernels(image, steps)) return pixelsByKernels(image, steps, run);
  const decoded = 'layout' in image ? await pixelsByKernels(image, [], run) : copyImage(image);
  return decoded && applySteps(decoded, steps);
}

async function pixelsByKernels(
  image: OpenedImage,
  steps: readonly ImageStep[],
  run: RunPictureProgram,
): Promise<DecodedImage | undefined> {
  const { height, width } = sizeAfter(sizeOf(image), steps);
  const out = rgbImage(height, width);
  return (await run(pixelsProgram(image, steps), out.pixels)) ? out : undefined;
}

/** The picture brought to `size`; undefined if it is a JPEG that the kernels do not decode. */
export async function fittedPixels(
  image: OpenedImage,
  size: readonly [height: number, width: number],
  options: Parameters<typeof fitToSize>[2],
  run: RunPictureProgram,
): Promise<DecodedImage | undefined> {
  const steps = fitSteps(sizeOf(image), size, options);
  const pixels = await pixelsAfter(image, steps ?? [], run);
  return pixels !== undefined && steps === undefined ? fitToSize(pixels, size, options) : pixels;
}

/** What `use` makes of the picture of `example` as its set opens it: decoded, or the file of an ordinary JPEG, which is released then. */
export async function usePicture<Example extends ImageExample, Value>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  example: Example,
  signal: AbortSignal,
  use: (opened: OpenedImage) => Promise<Value>,
): Promise<Value> {
  const opened = await ('openImage' in set ? set.openImage(example, signal) : set.readImage(example, signal));
  try {
    return await use(opened);
  } finally {
    if ('release' in opened) opened.release();
  }
}
