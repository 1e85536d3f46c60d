/** [height, width] in pixels. */
export type Size = readonly [height: number, width: number];

/** [top, left] of the middle part of `size`, nearer to the top and left where it can't be the middle. */
export function middle([oldHeight, oldWidth]: Size, [height, width]: Size): [number, number] {
  return [Math.floor((oldHeight - height) / 2), Math.floor((oldWidth - width) / 2)];
}

/**
 * The largest part of a picture that has the ratio of `size`.
 *
 * @see keras/src/layers/preprocessing/image_preprocessing/resizing.py, crop_to_aspect_ratio
 */
export function ratioCrop([oldHeight, oldWidth]: Size, [height, width]: Size): Size {
  return [
    Math.max(1, Math.min(oldHeight, wholePixels(oldWidth * height, width))),
    Math.max(1, Math.min(oldWidth, wholePixels(oldHeight * width, height))),
  ];
}

/**
 * The margins above and left that give a picture the ratio of `size`; those below and right are the same, as Keras has it.
 *
 * @see keras/src/layers/preprocessing/image_preprocessing/resizing.py, pad_to_aspect_ratio
 */
export function ratioMargins([oldHeight, oldWidth]: Size, [height, width]: Size): [number, number] {
  const padded = [
    Math.max(oldHeight, wholePixels(oldWidth * height, width)),
    Math.max(oldWidth, wholePixels(oldHeight * width, height)),
  ] as const;
  return middle(padded, [oldHeight, oldWidth]);
}

/** A whole number of pixels, by division in single precision as in Keras. */
function wholePixels(product: number, size: number): number {
  return Math.trunc(Math.fround(Math.fround(product) / size));
}
