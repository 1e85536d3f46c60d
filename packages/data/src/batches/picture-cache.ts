import type { DecodedImage } from '../image/decoded-image';
import type { ImageExample } from '../sets/image-set';

import type { ResolvedBatchesOptions } from './image-batches-options';

/** Pictures of a source, by their places in its set, in the size that augmentation begins with: kept from one epoch to the next. */
export interface PictureCache {
  /** What there is for an epoch that begins. */
  begin(): Promise<KeptPictures>;
}

/** The pictures of a {@link PictureCache} during an epoch. */
export interface KeptPictures {
  /** The picture of an example; undefined if it is not kept, or no longer as it was. */
  get(member: number): DecodedImage | undefined | Promise<DecodedImage | undefined>;
  /** Keeps a picture that {@link get} did not have, if there is room. */
  offer(member: number, image: DecodedImage): void | Promise<void>;
  /** Called when the epoch has ended, however it did, and nothing is under way any more. */
  end(): Promise<void>;
}

/** Makes the cache of a source that reads `examples`; undefined for none. */
export type CreatePictureCache = (
  examples: readonly ImageExample[],
  options: ResolvedBatchesOptions,
) => PictureCache | undefined;

/** Bytes of pixels that the cache in memory holds, unless the caller says otherwise. */
const MEMORY_LIMIT_BYTES = 1_073_741_824;

/** The cache in memory, where `options` ask for it. */
export const createMemoryCache: CreatePictureCache = (_, { cache, cacheLimitBytes = MEMORY_LIMIT_BYTES }) =>
  cache === 'memory' ? memoryCache(cacheLimitBytes) : undefined;

/**
 * A cache that fills up to `limitBytes` of pixels and then stays as it is.
 *
 * An epoch reads every picture once, in another order each time: replacing old entries by new ones would gain nothing.
 */
function memoryCache(limitBytes: number): PictureCache {
  const images = new Map<number, DecodedImage>();
  let sizeBytes = 0;
  const kept: KeptPictures = {
    get: (member) => images.get(member),
    offer: (member, image) => {
      const { byteLength } = image.pixels;
      if (images.has(member) || sizeBytes + byteLength > limitBytes) return;
      sizeBytes += byteLength;
      images.set(member, image);
    },
    end: () => Promise.resolve(),
  };
  return { begin: () => Promise.resolve(kept) };
}
