import type { DecodedImage } from '../image/decoded-image';

import { loadSharp } from './load-sharp';

/** Encodes `image` as a PNG file with exactly its pixels: 8 bits per channel, no profile. */
export async function encodePng({ pixels, height, width, channels }: DecodedImage): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(pixels, { raw: { height, width, channels } }).png().toBuffer();
}
