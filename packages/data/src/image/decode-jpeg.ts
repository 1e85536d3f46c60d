import { decode } from 'jpeg-js';

import { rgbImage, type DecodedImage } from './decoded-image';
import type { ImageHeader } from './image-header';
import { orientImage } from './orient-image';

/**
 * A JPEG picture (baseline or progressive; grey, YCbCr or CMYK) as upright RGB bytes.
 *
 * @throws What jpeg-js throws for broken content.
 */
export function decodeJpeg(bytes: Uint8Array, header: ImageHeader): DecodedImage {
  const { data, height, width } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    // The caller has held the header's size against its own limit.
    maxResolutionInMP: Number.POSITIVE_INFINITY,
    maxMemoryUsageInMB: Number.POSITIVE_INFINITY,
  });
  return orientImage(rgbImage(height, width, data), header.orientation);
}
