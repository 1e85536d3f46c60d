import type { DecodedImage } from '../image/decoded-image';
import { resizeImage } from '../image/resize-image';

import { loadSharp } from './load-sharp';

/** `image` with its longer side brought to `side` pixels, unless it is smaller. */
export function shrunk(image: DecodedImage, side: number): DecodedImage {
  const factor = side / Math.max(image.height, image.width);
  if (factor >= 1) return image;
  const size = [image.height, image.width].map((length) => Math.max(1, Math.round(length * factor)));
  return resizeImage(image, size as [number, number], 'area');
}

/** `image`, with its longer side of at most `sidePixels`, as the address of an `img`: a JPEG within the page. */
export function thumbnailUrl(image: DecodedImage, sidePixels: number): Promise<string> {
  return jpegDataUrl(shrunk(image, sidePixels));
}

/** A picture as the address of an `img`: a JPEG within the page. */
export async function jpegDataUrl(image: DecodedImage, quality = 82): Promise<string> {
  const sharp = await loadSharp();
  const bytes = await sharp(image.pixels, { raw: { height: image.height, width: image.width, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
  return `data:image/jpeg;base64,${bytes.toString('base64')}`;
}
