import { ArgumentError, createRandom, type Random } from '@zoo/core';

import type { TargetSize } from '../augment/augmentation';
import type { ImageStep } from '../augment/image-step';
import type { DecodedImage } from '../image/decoded-image';
import { fitSteps } from '../image/fit-image';
import { resizeImage, stretchSteps } from '../image/resize-image';
import type { ImageExample, OpenableImageSet, OpenedImage, ReadableImageSet } from '../sets/image-set';

import type { ResolvedBatchesOptions } from './image-batches-options';
import { pictureWriter } from './normalize-pixels';
import type { KeptPictures } from './picture-cache';
import { sizeOf, valuesPrograms } from './picture-pass';
import {
  fittedPixels,
  isForKernels,
  pixelsAfter,
  sizeAfter,
  usePicture,
  type RunPictureProgram,
} from './pixels-after';

/** One picture that is wanted. */
export interface WantedPicture {
  /** Its place in the set. */
  readonly member: number;
  readonly epoch: number;
  readonly size: TargetSize;
  /** Room for its values, normalised. [height, width, channels] */
  readonly values: Float32Array;
  /** Where it may be kept already, and is kept; undefined without a cache. */
  readonly kept: KeptPictures | undefined;
  readonly signal: AbortSignal;
}

/** What fills batches, and with how many values a pixel. */
export interface PictureFiller {
  readonly channels: 1 | 3;
  /** Reads, resizes, augments and normalises one picture. */
  readonly fill: (wanted: WantedPicture) => Promise<void>;
}

/**
 * What takes pictures from file to values: in one pass of kernels where they know all that is wanted, else step by step; the values are
 * the same.
 */
export function pictureFiller<Example extends ImageExample>(
  set: ReadableImageSet<Example> | OpenableImageSet<Example>,
  options: ResolvedBatchesOptions,
  run: RunPictureProgram,
): PictureFiller {
  const { augment, augmentFrom = options.imageSize, colorMode, normalization, resize } = options;
  const { channels, write } = pictureWriter(colorMode, normalization, 'options.normalization');
  const valuesProgram = valuesPrograms(colorMode, normalization);

  /** The picture in the size that augmentation begins with, or what brings it there. */
  const fitted = async (
    image: OpenedImage,
    { member, kept }: WantedPicture,
  ): Promise<{ image: OpenedImage; steps: readonly ImageStep[] } | undefined> => {
    const isSource = augmentFrom === 'source';
    const steps = isSource ? [] : fitSteps(sizeOf(image), augmentFrom, options);
    if (steps !== undefined && kept === undefined) return { image, steps };
    const pixels = isSource
      ? await pixelsAfter(image, [], run)
      : await fittedPixels(image, augmentFrom, options, run);
    if (pixels === undefined) return undefined;
    await kept?.offer(member, pixels);
    return { image: pixels, steps: [] };
  };

  /** False if the picture is a JPEG that the kernels do not decode. */
  const attempt = async (opened: OpenedImage, wanted: WantedPicture, isFitted: boolean): Promise<boolean> => {
    const { member, epoch, size, values } = wanted;
    const begun = isFitted ? { image: opened, steps: [] } : await fitted(opened, wanted);
    if (begun === undefined) return false;
    const { image } = begun;
    const steps = [...begun.steps];
    const random = createRandom(options.seed).fork('augment', epoch, member);
    let current = sizeAfter(sizeOf(image), steps);
    let place = 0;
    for (; augment[place]?.plan !== undefined; place++) {
      const planned = augment[place]!.plan!(current, forkOf(random, options, place), size);
      steps.push(...planned);
      current = sizeAfter(current, planned);
    }
    if (place === augment.length) {
      steps.push(...stretchSteps(current, size.height, size.width, resize));
      if (isForKernels(image, steps)) return run(valuesProgram(image, steps), bytesOf(values));
    }
    let changed = await pixelsAfter(image, steps, run);
    if (changed === undefined) return false;
    for (; place < augment.length; place++) {
      changed = augment[place]!.apply(changed, forkOf(random, options, place), size);
      expectWholePixels(changed, options, place);
    }
    write(resizeImage(changed, [size.height, size.width], resize), values, 0);
    return true;
  };

  const fill = async (wanted: WantedPicture): Promise<void> => {
    const { member, kept, signal } = wanted;
    const example = set.examples[member]!;
    const known = await kept?.get(member);
    const isMade =
      known !== undefined
        ? await attempt(known, wanted, true)
        : await usePicture(set, example, signal, (opened) => {
            signal.throwIfAborted();
            return attempt(opened, wanted, false);
          });
    if (isMade) return;
    // Damaged or out of the ordinary: another decoder reads it, or says what is wrong with it.
    await attempt(await set.readImage(example, signal), wanted, false);
  };
  return { channels, fill };
}

function forkOf(random: Random, { augment }: ResolvedBatchesOptions, place: number): Random {
  return random.fork(augment[place]!.name, place);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function expectWholePixels(
  { pixels, height, width }: DecodedImage,
  { augment }: ResolvedBatchesOptions,
  place: number,
): void {
  if (pixels.length === height * width * 3) return;
  throw new ArgumentError(
    `options.augment[${place}]`,
    'an augmentation that returns height x width x 3 pixels',
    pixels.length,
    `Its name is '${augment[place]!.name}'.`,
  );
}
