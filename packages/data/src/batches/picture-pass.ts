import type { ColorMode, PixelNormalization } from '@zoo/core';

import { draftMirrored, draftPacked, draftSteps, type DraftedImage } from '../augment/draft-steps';
import type { ImageStep } from '../augment/image-step';
import { draftDecoding } from '../image/jpeg/decode-baseline-jpeg';
import { draftProgram, type PictureProgram, type ProgramDraft } from '../image/picture-program';
import type { ImageRegion } from '../image/resize-image';
import type { OpenedImage } from '../sets/image-set';

import { valueTable } from './normalize-pixels';
import { packValueFactors, valueFactors } from './value-factors';

/** Height and width of an {@link OpenedImage}. */
export function sizeOf(image: OpenedImage): { readonly height: number; readonly width: number } {
  return 'layout' in image ? image.layout : image;
}

/** A program that makes `steps` of a picture and ends with its RGB bytes. [height, width, 3] */
export function pixelsProgram(image: OpenedImage, steps: readonly ImageStep[]): PictureProgram {
  const draft = draftProgram();
  const packed = draftPacked(draft, draftMirrored(draft, draftImage(draft, image, steps)));
  return draft.end(packed.address, packed.height * packed.width * 3);
}

/** A function that writes the programs which make `steps` of a picture and end with its values, normalised: see `pictureWriter`. */
export function valuesPrograms(
  colorMode: ColorMode,
  normalization: PixelNormalization,
): (image: OpenedImage, steps: readonly ImageStep[]) => PictureProgram {
  const isGrey = colorMode === 'grayscale';
  const tables = new Float32Array(3 * 256);
  [0, 1, 2].forEach((channel) => tables.set(valueTable(normalization, channel), channel * 256));
  const [first, last] = normalization.channelOrder === 'rgb' ? [0, 2] : [2, 0];
  const factors = factorsOf(tables, normalization, first !== 0);
  return (image, steps) => {
    const draft = draftProgram();
    const drafted = draftImage(draft, image, steps);
    const { address, stride, height, width, isMirrored } = drafted;
    const count = height * width;
    if (!isGrey && factors !== undefined && count >= FEWEST_PIXELS) {
      const source = draftPacked(draft, draftMirrored(draft, drafted)).address;
      const target = draft.room(count * 12);
      const place = draft.place(factors);
      draft.call('scaleColors', [source, target, count, place]);
      return draft.end(target, count * 12, { address: source, byteLength: count * 3, factors: place });
    }
    const byteLength = height * width * (isGrey ? 4 : 12);
    const target = draft.room(byteLength);
    const picture = [address, stride, target, height, width, Number(isMirrored)];
    if (isGrey) draft.call('writeGreys', [...picture, draft.place(tables)]);
    else draft.call('writeColors', [...picture, draft.place(tables), first, last]);
    return draft.end(target, byteLength);
  };
}

/** Pictures with fewer pixels are not scaled: the room for their values is too small for what `scaleColors` reads there. */
const FEWEST_PIXELS = 32;

/** Values without a look into tables, where arithmetic gives the same. */
function factorsOf(
  tables: Float32Array,
  normalization: PixelNormalization,
  isSwapped: boolean,
): Uint8Array | undefined {
  const { divisor, mean, standardDeviation } = normalization;
  const channels = [0, 1, 2].map((channel) => {
    const deviation = standardDeviation[channel]!;
    const values = tables.subarray(channel * 256, (channel + 1) * 256);
    return valueFactors(values, 1 / divisor / deviation, -mean[channel]! / deviation);
  });
  return channels.every((channel) => channel !== undefined)
    ? packValueFactors(channels, isSwapped)
    : undefined;
}

function draftImage(draft: ProgramDraft, image: OpenedImage, steps: readonly ImageStep[]): DraftedImage {
  const { height, width } = sizeOf(image);
  const address =
    'layout' in image
      ? draftDecoding(draft, image, firstRegion(steps) ?? { top: 0, left: 0, height, width })
      : draft.place(image.pixels);
  return draftSteps(draft, { address, stride: width * 3, height, width, isMirrored: false }, steps);
}

/** The part of the picture that the steps leave over, where the first of them says so. */
function firstRegion([first]: readonly ImageStep[]): ImageRegion | undefined {
  return first?.kind === 'resize' ? first.region : undefined;
}
