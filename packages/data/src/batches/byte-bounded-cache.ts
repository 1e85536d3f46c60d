import type { DecodedImage } from '../image/decoded-image';

/** Pictures by number, kept until `limitBytes` of pixels are reached; later ones are not kept. */
export interface ByteBoundedCache {
  get(index: number): DecodedImage | undefined;
  /** Keeps `image` if there is room. */
  offer(index: number, image: DecodedImage): void;
}

/**
 * A cache that fills up and then stays as it is.
 *
 * An epoch reads every picture once, in another order each time: replacing old entries by new ones would gain nothing.
 */
export function byteBoundedCache(limitBytes: number): ByteBoundedCache {
  const images = new Map<number, DecodedImage>();
  let sizeBytes = 0;
  return {
    get: (index) => images.get(index),
    offer: (index, image) => {
      const { byteLength } = image.pixels;
      if (images.has(index) || sizeBytes + byteLength > limitBytes) return;
      sizeBytes += byteLength;
      images.set(index, image);
    },
  };
}
